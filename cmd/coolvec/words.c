/*
 * words.c - arguments of a command made into what the wire wants, or refused with its usage.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "command.h"
#include "help.h"
#include "num.h"
#include "say.h"
#include "text.h"
#include "wire.h"

int
app_usage(const struct app *app, const char *fmt, ...)
{
	char *sentence = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&sentence, fmt, ap) >= 0)
		say_error("%s", sentence);
	va_end(ap);
	free(sentence);
	help_usage(stderr, app->args.command);
	return EXIT_USAGE;
}

bool
app_from_stdin(const struct app *app, bool silent)
{
	if (app->args.nwords == 0)
		return silent && !isatty(STDIN_FILENO);
	return app->args.nwords == 1 && args_is_stdin(&app->args, 0);
}

int
app_check_words(const struct app *app)
{
	if (app->args.nwords > 1)
		for (int i = 0; i < app->args.nwords; i++)
			if (args_is_stdin(&app->args, i))
				return app_usage(app, "- is standard input and stands alone (a "
						      "text that is \"-\" comes after --)");
	return 0;
}

int
app_put_number(const struct app *app, json_t *args, enum opt o, const char *name, uint64_t least,
    uint64_t most)
{
	const char *value = app_value(app, o);
	uint64_t n;

	if (value == NULL)
		return 0;
	if (!num_parse(value, least, most, &n))
		return app_usage(app, "--%s is a number from %llu to %llu, not \"%s\"",
		    option_get(o)->name, (unsigned long long)least, (unsigned long long)most,
		    value);
	if (json_object_set_new(args, name, json_integer((json_int_t)n)) != 0)
		return app_no_memory();
	return 0;
}

int
app_put_string(const struct app *app, json_t *args, enum opt o, const char *name)
{
	const char *value = app_value(app, o);

	if (value == NULL)
		return 0;
	if (!text_valid(value, strlen(value)))
		return app_usage(app, "--%s is not UTF-8", option_get(o)->name);
	if (json_object_set_new(args, name, json_string(value)) != 0)
		return app_no_memory();
	return 0;
}

int
app_id(const struct app *app, const char *word, json_int_t *id)
{
	uint64_t n;

	if (!num_parse(word, 0, INT64_MAX, &n))
		return app_usage(app, "an id is a number from 0, not \"%s\"", word);
	*id = (json_int_t)n;
	return 0;
}

int
app_meta(const struct app *app, const char *text, json_t **meta)
{
	json_error_t e;

	*meta = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
	if (*meta == NULL)
		return app_usage(app, "--meta is not JSON: %s", e.text);
	if (!json_is_object(*meta) && !json_is_null(*meta)) {
		json_decref(*meta);
		*meta = NULL;
		return app_usage(app, "--meta is not a JSON object");
	}
	return 0;
}
