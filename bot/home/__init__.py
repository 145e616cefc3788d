"""What a person sees of their own conversations: `status` and the home tab."""
