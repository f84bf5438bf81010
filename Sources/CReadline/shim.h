// GNU readline and its history: Debian's libreadline-dev. readline.h uses FILE without declaring it.
#include <stdio.h>
#include <readline/readline.h>
#include <readline/history.h>
