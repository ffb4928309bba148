/*
 * fetch.c - curl_multi driven by uv_poll and uv_timer.
 *
 * curl tells which sockets it wants watched (on_socket) and when it wants to be called anyway
 * (on_timer); both lead to curl_multi_socket_action, and after each of these what has ended is
 * picked up (reap).
 */

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fetch.h"
#include "file.h"

struct fetcher {
	uv_loop_t *loop;
	struct fetch_options o;
	CURLM *multi;
	uv_timer_t timer;
};

/* A socket of curl's. */
struct watch {
	uv_poll_t poll;
	struct fetcher *fr;
	curl_socket_t fd;
};

struct fetch_state {
	struct fetcher *fr;
	CURL *easy;
	struct curl_slist *headers;
	char words[CURL_ERROR_SIZE];
	bool too_long;
};

/* --- the end of a request ---------------------------------------------------------------------- */

static void
state_free(struct fetch_state *st)
{
	if (st == NULL)
		return;
	if (st->easy != NULL)
		curl_easy_cleanup(st->easy);
	for (struct curl_slist *h = st->headers; h != NULL; h = h->next)
		file_forget(h->data, strlen(h->data));	/* one holds the key */
	curl_slist_free_all(st->headers);
	free(st);
}

static void
detach(struct fetch *f)
{
	curl_multi_remove_handle(f->state->fr->multi, f->state->easy);
	state_free(f->state);
	f->state = NULL;
}

/* Why there is no answer, in words that tell what to do. */
static void
explain(struct fetch *f, CURLcode code)
{
	const struct fetch_state *st = f->state;
	const char *words = st->words[0] != '\0' ? st->words : curl_easy_strerror(code);

	f->rc = -1;
	if (st->too_long)
		err_set(&f->err, -1, "answered with more than %zu bytes", f->answer.max);
	else if (code == CURLE_OPERATION_TIMEDOUT)
		err_set(&f->err, -1, "did not answer in time (%ld s)", st->fr->o.timeout_ms / 1000);
	else if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE)
		err_set(&f->err, -1, "has a certificate that is not trusted (%.120s): EMBED_CA_FILE may"
		    " name its authority", words);
	else if (code == CURLE_PARTIAL_FILE || code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR)
		err_set(&f->err, -1, "ended its answer too early");
	else if (code == CURLE_OUT_OF_MEMORY)
		err_set(&f->err, -1, "was not asked: no memory");
	else
		err_set(&f->err, -1, "cannot be reached (%.150s)", words);
}

/* curl reads the header, seconds or a date, and gives 0 for none. */
static int64_t
retry_after(CURL *easy)
{
	struct curl_header *header;
	curl_off_t seconds = 0;

	if (curl_easy_header(easy, "Retry-After", 0, CURLH_HEADER, -1, &header) != CURLHE_OK ||
	    curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds) != CURLE_OK)
		return -1;
	return (int64_t)seconds;
}

static void
finish(struct fetch *f, CURLcode code)
{
	f->rc = 0;
	f->retry_after = -1;
	if (code != CURLE_OK) {
		explain(f, code);
	} else {
		curl_easy_getinfo(f->state->easy, CURLINFO_RESPONSE_CODE, &f->status);
		f->retry_after = retry_after(f->state->easy);
	}
	detach(f);
	f->done(f);
}

static void
reap(struct fetcher *fr)
{
	struct fetch *f;
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(fr->multi, &left)) != NULL) {
		char *arg = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &arg);
		f = (struct fetch *)(void *)arg;
		finish(f, m->data.result);
	}
}

/* --- curl and the loop ------------------------------------------------------------------------- */

static void
on_ready(uv_poll_t *poll, int status, int events)
{
	struct watch *w = poll->data;
	struct fetcher *fr = w->fr;
	int flags = status < 0 ? CURL_CSELECT_ERR : 0, running;

	if (events & UV_READABLE)
		flags |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		flags |= CURL_CSELECT_OUT;
	curl_multi_socket_action(fr->multi, w->fd, flags, &running);
	reap(fr);
}

static void
on_time(uv_timer_t *timer)
{
	struct fetcher *fr = timer->data;
	int running;

	curl_multi_socket_action(fr->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	reap(fr);
}

static int
on_timer(CURLM *multi, long ms, void *arg)
{
	struct fetcher *fr = arg;

	(void)multi;
	if (ms < 0)
		return uv_timer_stop(&fr->timer);
	return uv_timer_start(&fr->timer, on_time, (uint64_t)ms, 0);
}

static void
on_unwatched(uv_handle_t *handle)
{
	free(handle->data);
}

static void
unwatch(struct fetcher *fr, struct watch *w)
{
	curl_multi_assign(fr->multi, w->fd, NULL);
	uv_close((uv_handle_t *)&w->poll, on_unwatched);
}

static struct watch *
watch_new(struct fetcher *fr, curl_socket_t fd)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (w == NULL || uv_poll_init_socket(fr->loop, &w->poll, fd) != 0) {
		free(w);
		return NULL;
	}
	w->fr = fr;
	w->fd = fd;
	w->poll.data = w;
	curl_multi_assign(fr->multi, fd, w);
	return w;
}

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct fetcher *fr = arg;
	struct watch *w = socket_arg;
	int events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w != NULL)
			unwatch(fr, w);
		return 0;
	}
	if (w == NULL && (w = watch_new(fr, fd)) == NULL)
		return -1;
	if (what != CURL_POLL_OUT)
		events |= UV_READABLE;
	if (what != CURL_POLL_IN)
		events |= UV_WRITABLE;
	return uv_poll_start(&w->poll, events, on_ready);
}

/* --- a request --------------------------------------------------------------------------------- */

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct fetch *f = arg;

	if (buf_put(&f->answer, p, size * n))
		return size * n;
	f->state->too_long = f->answer.max != 0 && f->answer.len + size * n > f->answer.max;
	return 0;
}

static CURLcode
set_up(CURL *e, struct fetch *f)
{
	const struct fetch_options *o = &f->state->fr->o;
	bool plain = strncasecmp(f->url, "http:", 5) == 0;
	CURLcode rc = 0;

	rc |= curl_easy_setopt(e, CURLOPT_URL, f->url);
	rc |= curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, plain ? "http" : "https");
	rc |= curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	rc |= curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	rc |= curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	rc |= curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, o->timeout_ms);
	rc |= curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, o->connect_ms);
	rc |= curl_easy_setopt(e, CURLOPT_POST, 1L);
	rc |= curl_easy_setopt(e, CURLOPT_POSTFIELDS, f->body);
	rc |= curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)f->nbody);
	rc |= curl_easy_setopt(e, CURLOPT_HTTPHEADER, f->state->headers);
	rc |= curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	rc |= curl_easy_setopt(e, CURLOPT_WRITEDATA, f);
	rc |= curl_easy_setopt(e, CURLOPT_ERRORBUFFER, f->state->words);
	rc |= curl_easy_setopt(e, CURLOPT_PRIVATE, f);
	if (plain)	/* a proxy would see the key */
		rc |= curl_easy_setopt(e, CURLOPT_PROXY, "");
	if (o->ca_file != NULL)
		rc |= curl_easy_setopt(e, CURLOPT_CAINFO, o->ca_file);
	return rc;
}

/* "Expect:" empty: the body goes out without waiting to be asked for. */
static struct curl_slist *
headers_new(const struct fetch *f)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:"), *longer;

	for (size_t i = 0; i < f->nheaders && list != NULL; i++) {
		if (f->header[i] == NULL)
			continue;
		if ((longer = curl_slist_append(list, f->header[i])) == NULL) {
			curl_slist_free_all(list);
			return NULL;
		}
		list = longer;
	}
	return list;
}

int
fetch_start(struct fetcher *fr, struct fetch *f)
{
	struct fetch_state *st = calloc(1, sizeof(*st));

	if (st == NULL)
		return -1;
	f->state = st;
	st->fr = fr;
	st->headers = headers_new(f);
	st->easy = curl_easy_init();
	if (st->headers == NULL || st->easy == NULL || set_up(st->easy, f) != CURLE_OK ||
	    curl_multi_add_handle(fr->multi, st->easy) != CURLM_OK) {
		state_free(st);
		f->state = NULL;
		return -1;
	}
	return 0;
}

void
fetch_cancel(struct fetch *f)
{
	if (f->state != NULL)
		detach(f);
}

/* --- life -------------------------------------------------------------------------------------- */

static void
on_timer_closed(uv_handle_t *handle)
{
	free(handle->data);
}

struct fetcher *
fetcher_new(uv_loop_t *loop, const struct fetch_options *o)
{
	struct fetcher *fr = calloc(1, sizeof(*fr));

	if (fr == NULL)
		return NULL;
	fr->loop = loop;
	fr->o = *o;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (fr->multi = curl_multi_init()) == NULL) {
		free(fr);
		return NULL;
	}
	uv_timer_init(loop, &fr->timer);
	fr->timer.data = fr;
	curl_multi_setopt(fr->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(fr->multi, CURLMOPT_SOCKETDATA, fr);
	curl_multi_setopt(fr->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(fr->multi, CURLMOPT_TIMERDATA, fr);
	return fr;
}

/* The cleanup closes idle connections, and says so to on_socket. */
void
fetcher_free(struct fetcher *fr)
{
	if (fr == NULL)
		return;
	curl_multi_cleanup(fr->multi);
	uv_close((uv_handle_t *)&fr->timer, on_timer_closed);
}
