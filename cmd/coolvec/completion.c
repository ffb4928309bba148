/*
 * completion.c - the table of commands as completion scripts.
 *
 * The same text is in completions/; a test compares them.
 */

#include <stdio.h>
#include <string.h>

#include "app.h"
#include "command.h"
#include "completion.h"

static void
bash_option(const struct option *o)
{
	if (o->letter != 0)
		printf(" -%c", o->letter);
	printf(" --%s", o->name);
}

/* " --a --b " of the options that `pick` wants. */
static void
bash_list(const char *variable, const enum opt *options, bool (*pick)(const struct option *))
{
	printf("%s+='", variable);
	for (const enum opt *o = options; *o != OPT_END; o++)
		if (pick(option_get(*o)))
			bash_option(option_get(*o));
	printf(" '");
}

static bool
any(const struct option *o)
{
	(void)o;
	return true;
}

static bool
takes_file(const struct option *o)
{
	return o->kind == KIND_FILE && o->arg != NULL;
}

static bool
takes_value(const struct option *o)
{
	return o->arg != NULL;
}

static void
bash_values(void)
{
	const char *const *v;

	for (int o = OPT_SOCKET; o < OPT_N; o++) {
		const struct option *op = option_get((enum opt)o);
		if (op->arg == NULL || (v = option_values(op->kind)) == NULL)
			continue;
		printf("\t--%s) choices='", op->name);
		for (; *v != NULL; v++)
			printf("%s%s", *v, v[1] != NULL ? " " : "");
		printf("' ;;\n");
	}
}

static void
bash_names(const char *group)
{
	size_t n = strlen(group);
	const char *gap = "", *last = "", *name;

	for (size_t i = 0; i < ncommands; i++) {
		name = commands[i].name;
		if (n > 0 && (strncmp(name, group, n) != 0 || name[n] != ' '))
			continue;
		name += n > 0 ? n + 1 : 0;
		if (strcspn(name, " ") == strcspn(last, " ") &&
		    strncmp(name, last, strcspn(name, " ")) == 0)
			continue;
		printf("%s%.*s", gap, (int)strcspn(name, " "), name);
		last = name;
		gap = " ";
	}
}

static void
bash_cases(void)
{
	for (size_t i = 0; i < ncommands; i++) {
		const struct command *c = &commands[i];
		printf("\t'%s'%s%s%s)", c->name, c->alias != NULL ? "|'" : "",
		    c->alias != NULL ? c->alias : "", c->alias != NULL ? "'" : "");
		if (c->run == cmd_completion)
			printf("\n\t\twords='bash zsh fish'");
		if (command_takes_file(c))
			printf("\n\t\tanyfile=yes");
		if (c->run == cmd_help) {
			printf("\n\t\twords='");
			bash_names("");
			printf("'");
		}
		if (c->options[0] != OPT_END) {
			bash_list("\n\t\toptions", c->options, any);
			bash_list("\n\t\tfiles", c->options, takes_file);
			bash_list("\n\t\tvalues", c->options, takes_value);
		}
		printf(" ;;\n");
	}
}

static void
print_bash(void)
{
	enum opt global[OPT_LOCAL + 1];
	size_t n = 0;

	for (int o = OPT_SOCKET; o < OPT_LOCAL; o++)
		global[n++] = (enum opt)o;
	global[n] = OPT_END;
	printf("# bash completion for coolvec; written by: coolvec completion bash\n\n"
	    "_coolvec()\n{\n"
	    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	    "\tlocal command='' words='' choices='' anyfile='' i\n"
	    "\tlocal options='' files='' values=''\n\n");
	bash_list("\toptions", global, any);
	bash_list("\n\tfiles", global, takes_file);
	bash_list("\n\tvalues", global, takes_value);
	printf("\n\n"
	    "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	    "\t\tif [[ $values == *\" ${COMP_WORDS[i]} \"* ]]; then\n"
	    "\t\t\t((i++))\n"
	    "\t\telif [[ ${COMP_WORDS[i]} != -* ]]; then\n"
	    "\t\t\tcommand+=${command:+ }${COMP_WORDS[i]}\n"
	    "\t\t\t[[ $command == collection ]] || break\n"
	    "\t\tfi\n"
	    "\tdone\n\n"
	    "\tcase $command in\n"
	    "\t'')\n\t\twords='");
	bash_names("");
	printf("' ;;\n\tcollection)\n\t\twords='");
	bash_names("collection");
	printf("' ;;\n");
	bash_cases();
	printf("\tesac\n\n\tcase $prev in\n");
	bash_values();
	printf("\tesac\n\n"
	    "\tif [[ -n $choices ]]; then\n"
	    "\t\tmapfile -t COMPREPLY < <(compgen -W \"$choices\" -- \"$cur\")\n"
	    "\telif [[ $files == *\" $prev \"* ]]; then\n"
	    "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	    "\telif [[ $values == *\" $prev \"* ]]; then\n"
	    "\t\tCOMPREPLY=()\n"
	    "\telif [[ $cur == -* ]]; then\n"
	    "\t\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
	    "\telif [[ -n $anyfile ]]; then\n"
	    "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	    "\telse\n"
	    "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	    "\tfi\n"
	    "}\n"
	    "complete -o filenames -F _coolvec coolvec\n");
}

int
cmd_completion(struct app *app)
{
	static const struct {
		const char *name;
		void (*print)(void);
	} shells[] = { { "bash", print_bash }, { "zsh", completion_zsh },
		{ "fish", completion_fish } };
	const char *word = app->args.words[0];

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (strcmp(shells[i].name, word) == 0) {
			shells[i].print();
			return 0;
		}
	}
	return app_usage(app, "there is completion for bash, zsh and fish, not for \"%s\"", word);
}
