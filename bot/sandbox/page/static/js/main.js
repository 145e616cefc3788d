// Sets up the page and subscribes to the server.

import { setUpChannels } from "./channels.js";
import { setUpConversation, setUpThread } from "./conversation.js";
import { changeHalvesWithF6, trapFocus } from "./focus.js";
import { setUpModal } from "./modal.js";
import { setUpNotices } from "./notices.js";
import { setUpPanes } from "./panes.js";
import { showPane } from "./store.js";
import { follow } from "./stream.js";
import { setUpWeav } from "./weav.js";

setUpNotices();
setUpChannels();
setUpConversation();
setUpThread();
setUpModal();
setUpWeav();
setUpPanes();
changeHalvesWithF6(showPane);
trapFocus(document.getElementById("confirm"));
follow();
