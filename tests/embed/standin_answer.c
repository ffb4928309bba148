/*
 * standin_answer.c - what the stand-in makes of a request: vectors, right and wrong ones.
 */

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "standin.h"

/* --- what was asked ---------------------------------------------------------------------------- */

void
asked_init(struct asked *a, const char *path, const json_t *body)
{
	const json_t *v, *list = json_object_get(body, "requests");
	size_t i;

	a->texts = json_array();
	a->gemini = strstr(path, "mbedContent") != NULL;
	a->single = strstr(path, ":embedContent") != NULL;
	a->dim = 8;
	if (!a->gemini) {
		json_array_foreach(json_object_get(body, "input"), i, v)
			json_array_append(a->texts, json_incref((json_t *)(uintptr_t)v));
		v = json_object_get(body, "encoding_format");
		a->base64 = json_is_string(v) && strcmp(json_string_value(v), "base64") == 0;
		if ((v = json_object_get(body, "dimensions")) != NULL)
			a->dim = (size_t)json_integer_value(v);
		return;
	}
	for (i = 0; i < (a->single ? 1 : json_array_size(list)); i++) {
		const json_t *one = a->single ? body : json_array_get(list, i);
		const json_t *parts = json_object_get(json_object_get(one, "content"), "parts");

		json_array_append(a->texts, json_object_get(json_array_get(parts, 0), "text"));
		if ((v = json_object_get(one, "outputDimensionality")) != NULL)
			a->dim = (size_t)json_integer_value(v);
	}
}

/* --- vectors ----------------------------------------------------------------------------------- */

/* Component `j` of a text: the same for ever, from -3 to 3. */
static float
component(const char *text, size_t j)
{
	uint64_t h = 0xcbf29ce484222325u + j * 0x9e3779b97f4a7c15u;

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3u;
	h ^= h >> 29;
	return (float)(h % 6001) / 1000.0f - 3.0f;
}

static json_t *
vector_json(const char *text, size_t dim, bool base64, const char *action)
{
	float *x = calloc(dim + 1, sizeof(*x));
	json_t *v = json_array();
	char *coded;

	for (size_t j = 0; j < dim; j++)
		x[j] = strcmp(action, "zero") == 0 ? 0 : component(text, j);
	if (strcmp(action, "nan") == 0)
		x[0] = NAN;
	if (strcmp(action, "inf") == 0)
		x[0] = INFINITY;
	if (base64) {
		coded = malloc(BASE64_LEN(4 * dim) + 1);
		base64_encode(x, 4 * dim, coded);
		json_decref(v);
		v = json_string(coded);
		free(coded);
	} else {
		for (size_t j = 0; j < dim; j++)
			json_array_append_new(v, isfinite(x[j]) && !(j == 0 && strcmp(action, "null") == 0) ?
			    json_real((double)x[j]) : json_null());
	}
	free(x);
	return v;
}

char *
answer_text(const struct asked *a, const char *action, size_t number)
{
	size_t n = json_array_size(a->texts), dim = a->dim;
	bool base64 = a->base64 && strcmp(action, "float") != 0 && strcmp(action, "null") != 0;
	json_t *rows = json_array(), *root;
	char *text;

	if (strcmp(action, "count") == 0)
		n = number;
	if (strcmp(action, "dim") == 0)
		dim = number;
	for (size_t k = 0; k < n; k++) {
		size_t i = strcmp(action, "shuffle") == 0 ? n - 1 - k : k;
		const char *t = json_string_value(json_array_get(a->texts, i));
		json_t *v = vector_json(t != NULL ? t : "", dim, base64, action);

		if (a->gemini)
			json_array_append_new(rows, json_pack("{s:o}", "values", v));
		else if (strcmp(action, "noindex") == 0)
			json_array_append_new(rows, json_pack("{s:o}", "embedding", v));
		else
			json_array_append_new(rows, json_pack("{s:s, s:i, s:o}", "object", "embedding", "index",
			    (int)i, "embedding", v));
	}
	if (a->single)
		root = json_pack("{s:O}", "embedding", json_array_get(rows, 0));
	else
		root = json_pack("{s:O}", a->gemini ? "embeddings" : "data", rows);
	json_decref(rows);
	text = json_dumps(root, JSON_REAL_PRECISION(9) | JSON_COMPACT);
	json_decref(root);
	return text;
}

/* Google's words for "too many". */
char *
quota_text(const char *id, size_t value, double delay)
{
	json_t *root = json_pack("{s:{s:i, s:s, s:s, s:[{s:s, s:[{s:s, s:s}]}]}}", "error", "code", 429,
	    "message", "You exceeded your current quota.", "status", "RESOURCE_EXHAUSTED", "details",
	    "@type", "type.googleapis.com/google.rpc.QuotaFailure", "violations", "quotaId", id,
	    "quotaValue", "100");
	json_t *details = json_object_get(json_object_get(root, "error"), "details");
	json_t *violation = json_array_get(json_object_get(json_array_get(details, 0), "violations"), 0);
	char text[32];
	char *out;

	snprintf(text, sizeof(text), "%zu", value);
	json_object_set_new(violation, "quotaValue", json_string(text));
	if (delay >= 0) {
		snprintf(text, sizeof(text), "%.3fs", delay);
		json_array_append_new(details, json_pack("{s:s, s:s}", "@type",
		    "type.googleapis.com/google.rpc.RetryInfo", "retryDelay", text));
	}
	out = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	return out;
}

