"""ShellCheck's findings in the scripts of RUN: asked in batches, mapped back to the file.

`snippets` says what a RUN gives to which shell, `program` runs ShellCheck, `store` knows what it
said (now or in an earlier run), `findings` puts that into the file, `proposals` makes candidates
of it, and `family` holds the rules, one for each code. Nothing here is imported where ShellCheck
is not used.
"""
