/*
 * help.h - what the table of commands says to people.
 */

#ifndef COOLVEC_HELP_H
#define COOLVEC_HELP_H

#include <stdio.h>

struct command;

/* The usage line of a command, or of coolvec itself (NULL). */
void help_usage(FILE *to, const struct command *command);

/* Usage, summary and options of a command. */
void help_command(FILE *to, const struct command *command);

/* All commands and the global options. */
void help_all(FILE *to);

#endif
