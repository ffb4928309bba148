/*
 * pgproxy.c - pg_proxy.h as a program.
 *
 * usage: pgproxy FOLDER SERVER-FOLDER	commands on standard input, a line each; says "ok" to each
 *
 * pass, cut, freeze; lose-commit and lose-answer, which say "happened" as well when it has; the same with
 * lose-switch- for the next commit of a transaction that switches a generation.
 */

#include <stdbool.h>

#include "../pg_proxy.h"

static const struct { const char *name; enum proxy_mode mode, then; bool happens; } commands[] = {
	{ "pass\n", PROXY_PASS, 0, false },
	{ "cut\n", PROXY_CUT, 0, false },
	{ "freeze\n", PROXY_FREEZE, 0, false },
	{ "lose-commit\n", PROXY_LOSE_COMMIT, 0, true },
	{ "lose-answer\n", PROXY_LOSE_ANSWER, 0, true },
	{ "lose-switch-commit\n", PROXY_AWAIT_SWITCH, PROXY_LOSE_COMMIT, true },
	{ "lose-switch-answer\n", PROXY_AWAIT_SWITCH, PROXY_LOSE_ANSWER, true },
};

static int
obey(struct pg_proxy *p, const char *line)
{
	unsigned cuts = atomic_load(&p->cuts);

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(line, commands[i].name) != 0)
			continue;
		atomic_store(&p->then, (int)commands[i].then);
		proxy_set(p, commands[i].mode);
		puts("ok");
		if (commands[i].happens) {
			fflush(stdout);
			while (atomic_load(&p->cuts) == cuts)
				usleep(1000);
			puts("happened");
		}
		return fflush(stdout);
	}
	fprintf(stderr, "pgproxy: there is no command %s", line);
	return -1;
}

int
main(int argc, char **argv)
{
	struct pg_proxy p;
	char line[64];

	if (argc != 3 || proxy_start(&p, argv[1], argv[2]) != 0) {
		fprintf(stderr, "usage: pgproxy FOLDER SERVER-FOLDER\n");
		return 2;
	}
	puts("ok");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin) != NULL)
		if (obey(&p, line) != 0)
			return 1;
	proxy_stop(&p);
	return 0;
}
