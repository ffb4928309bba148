/*
 * run.h - one command, whether the shell or the prompt asked for it.
 */

#ifndef COOLVEC_RUN_H
#define COOLVEC_RUN_H

struct app;

/*
 * Run the command line in app->args, its results to app->out, to their last byte.  `status` is what
 * reading it came to: when not 0 nothing is run.  Returns the exit status.
 */
int run_command(struct app *app, int status);

#endif
