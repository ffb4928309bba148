/*
 * help.c - `coolvec help`, and the usage lines that errors end with.
 */

#include <stdio.h>
#include <string.h>

#include "app.h"
#include "command.h"
#include "help.h"
#include "say.h"

/* The width that names take in the lists. */
#define NAME_WIDTH 18
#define OPTION_WIDTH 26

void
help_usage(FILE *to, const struct command *c)
{
	if (c == NULL)
		fputs("usage: coolvec COMMAND [ARGUMENT...] [OPTION...]\n"
		      "       coolvec help [COMMAND]\n", to);
	else
		fprintf(to, "usage: coolvec %s%s%s%s\n", c->name, *c->words != '\0' ? " " : "",
		    c->words, c->options[0] != OPT_END ? " [OPTION...]" : "");
}

static void
list_option(FILE *to, enum opt o)
{
	const struct option *op = option_get(o);
	char name[64];

	if (strlen(op->name) == 1)
		snprintf(name, sizeof(name), "-%s %s", op->name, op->arg);
	else if (op->letter != 0)
		snprintf(name, sizeof(name), "-%c, --%s%s%s", op->letter, op->name,
		    op->arg != NULL ? " " : "", op->arg != NULL ? op->arg : "");
	else
		snprintf(name, sizeof(name), "    --%s%s%s", op->name, op->arg != NULL ? " " : "",
		    op->arg != NULL ? op->arg : "");
	fprintf(to, "  %-*s %s\n", OPTION_WIDTH, name, op->help);
}

void
help_command(FILE *to, const struct command *c)
{
	help_usage(to, c);
	fprintf(to, "%s%s%s%s\n", c->summary, c->alias != NULL ? " (also: " : "",
	    c->alias != NULL ? c->alias : "", c->alias != NULL ? ")" : "");
	if (c->options[0] == OPT_END)
		return;
	fputs("\noptions:\n", to);
	for (const enum opt *o = c->options; *o != OPT_END; o++)
		list_option(to, *o);
}

void
help_all(FILE *to)
{
	help_usage(to, NULL);
	fputs("\ncommands:\n", to);
	for (size_t i = 0; i < ncommands; i++)
		fprintf(to, "  %-*s %s\n", NAME_WIDTH, commands[i].name, commands[i].summary);
	fputs("\noptions of every command:\n", to);
	for (int o = OPT_SOCKET; o < OPT_LOCAL; o++)
		list_option(to, (enum opt)o);
	fputs("\nThe manual page coolvec(1) has it all.\n", to);
}

static int
help_group(const char *group)
{
	size_t n = strlen(group);
	bool first = true;

	for (size_t i = 0; i < ncommands; i++) {
		if (strncmp(commands[i].name, group, n) != 0 || commands[i].name[n] != ' ')
			continue;
		if (!first)
			putchar('\n');
		first = false;
		help_command(stdout, &commands[i]);
	}
	return 0;
}

int
cmd_help(struct app *app)
{
	const struct args *a = &app->args;
	const char *second = a->nwords > 1 ? a->words[1] : NULL;
	const struct command *c;
	struct err err = { 0 };

	if (a->nwords == 0) {
		help_all(stdout);
		return 0;
	}
	if (second == NULL && command_is_group(a->words[0]))
		return help_group(a->words[0]);
	if ((c = command_find(a->words[0], second)) == NULL) {
		int status = command_unknown(a->words[0], second, &err);
		say_error("%s", err.text);
		return status;
	}
	help_command(stdout, c);
	return 0;
}

int
cmd_version(struct app *app)
{
	out_line(&app->out, "coolvec " COOLVEC_VERSION);
	return 0;
}
