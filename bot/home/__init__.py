"""What a person sees of their own: `status`, and the home tab."""
