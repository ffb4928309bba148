/*
 * split.h - a line into words, quoted as in the shell.
 *
 * Blanks part words.  Single quotes take all as it stands; in double quotes a backslash stands
 * before `"` and `\`; elsewhere it takes the next character as it stands.  Nothing is expanded.
 */

#ifndef COOLVEC_SPLIT_H
#define COOLVEC_SPLIT_H

#include "err.h"

struct words {
	char **v;	/* n of them and a NULL */
	int n;
};

/*
 * Split `line`.  0; or EXIT_USAGE and a sentence with the place, `w` then has the words as far as
 * they go, the open one too; or EXIT_FAILED: no memory.  words_fini in any case.
 */
int words_split(const char *line, struct words *w, struct err *err);
void words_fini(struct words *w);

#endif
