"""Pure decisions of `messaging`: may this message go out, what does it say, when is it tried again."""
