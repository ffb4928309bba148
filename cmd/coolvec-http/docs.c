/*
 * docs.c - a section a tag, a fold a route.
 */

#include <stdio.h>
#include <string.h>

#include "docs.h"
#include "route.h"
#include "wire.h"

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width\"><title>coolvec</title><style>"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "code,pre{font:14px/1.4 ui-monospace,monospace}"
    "pre{background:#8881;padding:.7rem;overflow:auto}"
    "summary{cursor:pointer;padding:.3rem 0}summary b{display:inline-block;width:4.5rem}"
    "td,th{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0}"
    ":root{color-scheme:light dark}</style></head><body>\n<h1>coolvec " COOLVEC_VERSION "</h1>\n"
    "<p>Get a token with <code>POST /auth/login</code> and send it as <code>Authorization: Bearer"
    " &hellip;</code>. Errors are <code>{\"detail\": a sentence, \"error\": a name}</code>. The"
    " same,"
    " for programs: <a href=\"/openapi.json\">/openapi.json</a>.</p>\n";

static const char *const tags[] = { "accounts", "preferences", "collections", "vectors", "search",
	"service" };

static const char *const kinds[] = {
	[PARAM_ID] = "integer",
	[PARAM_COUNT] = "integer",
	[PARAM_BOOL] = "true or false",
	[PARAM_STRING] = "string",
	[PARAM_METRIC] = "cosine, l2, ip or l1",
	[PARAM_CODES] = "fast or small",
	[PARAM_NAME] = "name",
	[PARAM_VECTOR] = "numbers, or base64",
	[PARAM_META] = "object",
	[PARAM_META_OR_NULL] = "object or null",
	[PARAM_IDS] = "integers",
	[PARAM_KEYS] = "strings",
	[PARAM_FIELDS] = "words",
	[PARAM_ITEMS] = "objects",
};

static void
put_text(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '<')
			buf_puts(b, "&lt;");
		else if (*s == '&')
			buf_puts(b, "&amp;");
		else
			buf_putc(b, *s);
	}
}

static void
put_params(struct buf *b, const struct route *r)
{
	if (r->params[0].name == NULL)
		return;
	buf_puts(b, "<table>\n");
	for (const struct param *p = r->params; p->name != NULL; p++) {
		buf_putf(b, "<tr><td><code>%s</code>%s<td>%s<td>%s%s%s<td>", p->name,
		    p->required ? " *" : "", kinds[p->kind],
		    (p->where & IN_PATH) != 0 ? "path" : "",
		    (p->where & IN_QUERY) != 0 ? "query " : "",
		    (p->where & IN_BODY) != 0 ? "body" : "");
		put_text(b, p->help != NULL ? p->help : "");
		if (p->kind == PARAM_COUNT)
			buf_putf(b, " (%lld to %lld)", (long long)p->least, (long long)p->most);
		buf_putc(b, '\n');
	}
	buf_puts(b, "</table>\n");
}

/* The path with the example's parameters in it. */
static void
put_target(struct buf *b, const struct route *r)
{
	const char *brace = strchr(r->path, '{');
	const char *given = r->example.given;

	if (brace != NULL && given != NULL) {
		const char *value = strchr(given, '=') + 1;

		buf_put(b, r->path, (size_t)(brace - r->path));
		buf_put(b, value, strcspn(value, "&"));
	} else {
		buf_puts(b, r->path);
		if (given != NULL) {
			buf_putc(b, '?');
			put_text(b, given);
		}
	}
}

static void
put_example(struct buf *b, const struct route *r)
{
	buf_puts(b, "<pre>");
	buf_putf(b, "%s ", r->method);
	put_target(b, r);
	buf_putc(b, '\n');
	if (r->example.body != NULL) {
		buf_puts(b, "Content-Type: application/json\n\n");
		put_text(b, r->example.body);
		buf_putc(b, '\n');
	}
	if (r->example.reply != NULL) {
		buf_putf(b, "\n%d\n", r->status);
		put_text(b, r->example.reply);
	}
	buf_puts(b, "</pre>\n");
}

static void
put_route(struct buf *b, const struct route *r)
{
	buf_putf(b, "<details><summary><b>%s</b><code>", r->method);
	put_text(b, r->path);
	buf_puts(b, "</code> ");
	put_text(b, r->summary);
	buf_puts(b, (r->flags & ROUTE_OPEN) != 0 ? " (no token)</summary>\n" : "</summary>\n");
	put_params(b, r);
	put_example(b, r);
	buf_puts(b, "</details>\n");
}

void
docs_make(struct buf *b)
{
	buf_puts(b, head);
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		buf_putf(b, "<h2>%s</h2>\n", tags[i]);
		for (const struct route *r = routes; r->method != NULL; r++)
			if (strcmp(r->tag, tags[i]) == 0)
				put_route(b, r);
	}
	buf_puts(b, "</body></html>\n");
}
