// The form with Bolt for JavaScript, as its getting-started guide writes an app.
const { App } = require("@slack/bolt");
const { readFileSync } = require("node:fs");
const { join } = require("node:path");

const form = JSON.parse(readFileSync(join(__dirname, "form.json"), "utf8"));
const fields = ["channel", "customer_id", "subject", "status", "priority", "assignee_type", "assignee_id"];
const env = process.env;

const app = new App({
  token: env.SLACK_BOT_TOKEN,
  signingSecret: env.SLACK_SIGNING_SECRET,
  clientOptions: { slackApiUrl: env.SLACK_API_URL },
});

app.command("/weav-conversation", async ({ ack, body, client }) => {
  await ack();
  const view = { ...form, private_metadata: body.channel_id };
  await client.views.open({ trigger_id: body.trigger_id, view });
});

app.view("weav_conversation", async ({ ack, body, view, client }) => {
  await ack();
  const request = {};
  for (const field of fields) {
    const entry = view.state.values[field][field];
    const value = entry.value || entry.selected_option?.value;
    if (value) request[field] = value;
  }
  const answer = await fetch(`${env.WEAV_API_URL}/conversations`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${env.WEAV_API_TOKEN}`,
    },
    body: JSON.stringify(request),
  });
  if (!answer.ok) throw new Error(`Weav answered ${answer.status}`);
  const conversation = await answer.json();
  const text = `<@${body.user.id}> opened conversation ${conversation.id}`;
  const lines = fields.filter((field) => conversation[field]);
  await client.chat.postMessage({
    channel: view.private_metadata,
    text: `${text}: ${conversation.subject ?? ""}`,
    blocks: [
      { type: "section", text: { type: "mrkdwn", text } },
      {
        type: "section",
        fields: lines.map((field) => ({
          type: "mrkdwn",
          text: `*${field}*: ${conversation[field]}`,
        })),
      },
    ],
  });
});

app.start({ port: Number(process.argv[2]), host: "127.0.0.1" });
