/*
 * main.c - from argv to a command's exit status.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app.h"
#include "run.h"
#include "sandbox.h"

/*
 * A standard descriptor that is closed would become the socket, and results would go there.  It is
 * opened the wrong way round, so that using it is an error as it was.
 */
static void
open_standard(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(EXIT_FAILED);
	setvbuf(stdout, NULL, _IOFBF, (size_t)64 << 10);
}

int
main(int argc, char **argv)
{
	struct app app = { 0 };
	struct err err = { 0 };
	char **words = calloc((size_t)argc + 1, sizeof(*words));
	int status;

	open_standard();
	sandbox_hide();
	if (words == NULL)
		return app_no_memory();
	status = args_parse(argc, argv, words, &app.args, &err);
	out_init(&app.out, app_given(&app, OPT_JSON));
	if (status != 0)
		status = app_usage(&app, "%s", err.text);
	status = run_command(&app, status);
	app_fini(&app);
	free(words);
	return status;
}
