/*
 * completion_more.c - zsh and fish: single-quoted words with their descriptions.
 */

#include <stdio.h>
#include <string.h>

#include "command.h"
#include "completion.h"

/* Text inside single quotes; characters of `special` get a backslash. */
static void
quote(const char *s, const char *special)
{
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			fputs("'\\''", stdout);
		else if (strchr(special, *s) != NULL)
			printf("\\%c", *s);
		else
			putchar(*s);
	}
}

/* --- zsh -------------------------------------------------------------------------------------- */

static void
zsh_value(const struct option *o)
{
	const char *const *v = option_values(o->kind);

	if (o->arg == NULL)
		return;
	printf(":%s:", o->arg);
	if (o->kind == KIND_FILE)
		printf("_files");
	else if (v == NULL)
		putchar(' ');
	else
		for (printf("("); *v != NULL; v++)
			printf("%s%s", *v, v[1] != NULL ? " " : ")");
}

static void
zsh_option(const char *indent, const struct option *o)
{
	if (o->letter != 0) {
		printf("%s'-%c[", indent, o->letter);
		quote(o->help, "[]");
		putchar(']');
		zsh_value(o);
		printf("'\n");
	}
	printf("%s'--%s%s[", indent, o->name, o->arg != NULL ? "=" : "");
	quote(o->help, "[]");
	putchar(']');
	zsh_value(o);
	printf("'\n");
}

/* The commands (of a group, when it is not empty) as an array for _describe. */
static void
zsh_names(const char *indent, const char *group)
{
	size_t n = strlen(group);
	const char *name;

	for (size_t i = 0; i < ncommands; i++) {
		name = commands[i].name;
		if (n == 0 && strchr(name, ' ') != NULL)
			continue;
		if (n > 0 && (strncmp(name, group, n) != 0 || name[n] != ' '))
			continue;
		printf("%s'%s:", indent, name + (n > 0 ? n + 1 : 0));
		quote(commands[i].summary, ":");
		printf("'\n");
	}
}

static void
zsh_cases(const char *indent, bool grouped)
{
	const char *name;

	for (size_t i = 0; i < ncommands; i++) {
		name = strchr(commands[i].name, ' ');
		if ((name != NULL) != grouped)
			continue;
		printf("%s%s) own=(\n", indent, name != NULL ? name + 1 : commands[i].name);
		for (const enum opt *o = commands[i].options; *o != OPT_END; o++)
			zsh_option("\t\t", option_get(*o));
		printf("%s) ;;\n", indent);
	}
}

void
completion_zsh(void)
{
	printf(
	    "#compdef coolvec\n# zsh completion for coolvec; written by: coolvec completion zsh\n\n"
	    "_coolvec() {\n"
	    "\tlocal curcontext=$curcontext state line command\n"
	    "\tlocal -a global own names\n\n"
	    "\tglobal=(\n");
	for (int o = OPT_SOCKET; o < OPT_LOCAL; o++)
		zsh_option("\t\t", option_get((enum opt)o));
	printf("\t)\n"
	    "\t_arguments -C $global '1: :->command' '*:: :->rest'\n"
	    "\t[[ -n $state ]] || return\n\n"
	    "\tif [[ $state == command ]]; then\n\t\tnames=(\n");
	zsh_names("\t\t\t", "");
	printf("\t\t\t'collection:create, list, show or drop collections'\n\t\t)\n"
	    "\t\t_describe command names\n\t\treturn\n\tfi\n\n"
	    "\tcommand=$words[1]\n"
	    "\tif [[ $command == collection ]]; then\n"
	    "\t\tif (( CURRENT == 2 )); then\n\t\t\tnames=(\n");
	zsh_names("\t\t\t\t", "collection");
	printf("\t\t\t)\n\t\t\t_describe command names\n\t\t\treturn\n\t\tfi\n"
	    "\t\tcase $words[2] in\n");
	zsh_cases("\t\t", true);
	printf("\t\tesac\n\t\tshift words\n\t\t(( CURRENT-- ))\n\telse\n\t\tcase $command in\n");
	zsh_cases("\t\t", false);
	printf("\t\tesac\n\tfi\n\n"
	    "\tcase $command in\n"
	    "\tcompletion) _arguments $global '1:shell:(bash zsh fish)' ;;\n"
	    "\timport|export) _arguments $global $own '1:file:_files' ;;\n"
	    "\t*) _arguments $global $own '*: :' ;;\n"
	    "\tesac\n}\n\n_coolvec \"$@\"\n");
}

/* --- fish ------------------------------------------------------------------------------------- */

static void
fish_option(const char *when, const struct option *o)
{
	const char *const *v = option_values(o->kind);

	printf("complete -c coolvec");
	if (*when != '\0')
		printf(" -n '%s'", when);
	if (o->letter != 0)
		printf(" -s %c", o->letter);
	printf(" -l %s", o->name);
	if (o->arg != NULL && o->kind == KIND_FILE)
		printf(" -r -F");
	else if (o->arg != NULL)
		printf(" -x");
	if (o->arg != NULL && v != NULL) {
		for (printf(" -a '"); *v != NULL; v++)
			printf("%s%s", *v, v[1] != NULL ? " " : "'");
	}
	printf(" -d \"%s\"\n", o->help);
}

/*
 * A command's word and its options.  The words of a group are offered while none of them is there;
 * the group's own word with the first of them.
 */
static void
fish_command(const struct command *c, const char *before)
{
	const char *second = strchr(c->name, ' ');
	int n = second != NULL ? (int)(second - c->name) : 0;
	char when[160];

	if (second == NULL) {
		printf("complete -c coolvec -n __fish_use_subcommand -a %s -d \"%s\"\n", c->name,
		    c->summary);
		snprintf(when, sizeof(when), "__fish_seen_subcommand_from %s%s%s", c->name,
		    c->alias != NULL ? " " : "", c->alias != NULL ? c->alias : "");
	} else {
		if (strncmp(before, c->name, (size_t)n + 1) != 0)
			printf(
			    "complete -c coolvec -n __fish_use_subcommand -a %.*s\n", n, c->name);
		printf(
		    "complete -c coolvec -n '__fish_seen_subcommand_from %.*s' -a %s -d \"%s\"\n",
		    n, c->name, second + 1, c->summary);
		snprintf(when, sizeof(when), "__fish_seen_subcommand_from %.*s; and "
		    "__fish_seen_subcommand_from %s", n, c->name, second + 1);
	}
	if (command_takes_file(c))
		printf("complete -c coolvec -n '%s' -F\n", when);
	if (c->run == cmd_completion)
		printf("complete -c coolvec -n '%s' -a 'bash zsh fish'\n", when);
	for (const enum opt *o = c->options; *o != OPT_END; o++)
		fish_option(when, option_get(*o));
}

void
completion_fish(void)
{
	printf("# fish completion for coolvec; written by: coolvec completion fish\n\n"
	    "complete -c coolvec -f\n");
	for (int o = OPT_SOCKET; o < OPT_LOCAL; o++)
		fish_option("", option_get((enum opt)o));
	for (size_t i = 0; i < ncommands; i++)
		fish_command(&commands[i], i > 0 ? commands[i - 1].name : "");
}
