/*
 * answer.c - bodies of answers.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange.h"

#define JSON_TYPE "application/json"

static const char no_memory[] =
    "{\"detail\":\"no memory for the answer\",\"error\":\"internal\"}\n";

static void
set(struct exchange *x, int status, const char *type, char *body, size_t n, bool fixed)
{
	struct answer *a = &x->answer;

	if (!a->fixed)
		free(a->body);
	a->status = status;
	a->type = type;
	a->body = body;
	a->n = n;
	a->fixed = fixed;
	x->state = EXCHANGE_ANSWERED;
}

static void
set_no_memory(struct exchange *x)
{
	exchange_fixed(x, JSON_TYPE, no_memory, sizeof(no_memory) - 1);
	x->code = WIRE_INTERNAL;
	x->answer.status = problem_status(WIRE_INTERNAL);
}

void
exchange_fixed(struct exchange *x, const char *type, const char *p, size_t n)
{
	/* never written to, and never freed */
	set(x, 200, type, (char *)(uintptr_t)p, n, true);
}

void
exchange_take(struct exchange *x, const char *type, struct buf *b)
{
	size_t n;
	char *p;

	if (b->failed) {
		buf_fini(b);
		set_no_memory(x);
		return;
	}
	p = buf_take(b, &n);
	set(x, x->route != NULL ? x->route->status : 200, type, p, n, false);
}

void
exchange_json(struct exchange *x, int status, const json_t *body)
{
	size_t n;
	char *p = wire_dump(body, &n);

	if (p == NULL)
		set_no_memory(x);
	else
		set(x, status, JSON_TYPE, p, n, false);
}

void
exchange_fail(struct exchange *x, int code, const char *parameter, const char *fmt, ...)
{
	char detail[512];
	json_t *body;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	body = json_pack("{s:s, s:s}", "detail", detail, "error", problem_name(code));
	if (body == NULL)	/* the detail was cut inside a character, or is not UTF-8 */
		body = json_pack("{s:s, s:s}", "detail", problem_name(code), "error",
		    problem_name(code));
	if (parameter != NULL)
		json_object_set_new(body, "parameter", json_string(parameter));
	x->code = code;
	exchange_json(x, problem_status(code), body);
	json_decref(body);
}
