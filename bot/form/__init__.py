"""The modal: what it begins with, shows, offers, learns and means when it is submitted."""
