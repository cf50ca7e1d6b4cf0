// SPDX-License-Identifier: Apache-2.0
/* bgpload - daemon-independent BGP-4 load generator, sink and verifier.
 *
 * One process opens many BGP sessions to a device under test (DUT): "feeders" announce a
 * deterministic route set, "sinks" receive what the DUT propagates and check every prefix and
 * every attribute against what was announced.  Single-threaded epoll loop, no dependencies.
 * One JSON object on one line on stdout; progress (with -v) on stderr.
 * Usage: bgpload --help
 * Exit status: 0 all phases converged and verified, 1 a phase failed, 2 usage/set-up error.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef SOL_TCP
#define SOL_TCP 6
#endif
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
enum { MSG_OPEN = 1, MSG_UPDATE, MSG_NOTIF, MSG_KEEP, MSG_REFRESH };
enum { R_FEED = 1, R_SINK = 2 };
enum { S_DOWN, S_LISTEN, S_CONNECTING, S_OPENSENT, S_OPENCONFIRM, S_EST, S_DEAD };
enum { G_NONE, G_ANN, G_WD };
#define RXSZ (160 * 1024)
#define TXSZ (256 * 1024)
#define MAXPH 32

typedef struct {
  u64 hi, lo;
  u8 len;
} pfx_t; /* v4: address in the top 32 bits of hi */
typedef struct {
  u8 b[16];
  int v6;
} addr_t;

typedef struct sess {
  int id, fd, lfd, role, state, late;
  addr_t src, dst;
  u16 dport;
  u32 as, peer_as, rid, peer_rid;
  u8 *rx;
  int rxlen;
  u8 *tx;
  int txoff, txlen, want_out;
  int gen;
  u32 gset, gsub, gend;
  int eor_due;
  u8 *have, *good;
  u32 nhave, ngood, need; /* sink state */
  u32 since_refresh;
  int probe_seen;
  double retry_at, ka_at, est_at, conn_at, last_rx, done_at;
  int peer_rr, peer_as4, peer_gr, peer_ext, peer_mp, hold;
  u8 open_hex[600];
  int open_len;
  u64 rx_upd, rx_nlri, rx_wd, rx_bytes, tx_upd, tx_nlri, tx_bytes, rx_ka;
} sess_t;

static struct {
  addr_t peer, sink_peer, src, nh;
  int have_sink_peer;
  u16 port, listen_port;
  int passive;
  u32 peer_as, as, as_step, sink_as, sink_peer_as;
  int feeders, sinks, late_sinks, both, overlap, k8s, fam, nodes, src_step;
  u32 n;
  int sets10, per_update, hold, verify_rr, nh_mode, unknown_attr, ext_msg, gr, eor, slow_ms;
  double timeout, settle, quiet;
  char md5[81];
  int ttl, verbose, probes;
  double probe_gap_ms;
  int pids[16], npids;
  const char *label;
  char phases[MAXPH][24];
  int nph;
  int dump_open;
  u32 burst;
} C;

static pfx_t *P;
static u32 NS, *HT, HM;
static u32 gen_no;
static sess_t *S;
static int nS, ep;
static double T0;
static u64 bad_attr, bad_unknown_pfx, dup_rx, notif_rx, wd_unknown;
static char err[400], badmsg[300];
static u32 sinks_ok, sinks_total;
static int probe_active, probe_kind, probe_left;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}
static void vlog(const char *f, ...) {
  if (!C.verbose) return;
  va_list a;
  va_start(a, f);
  fprintf(stderr, "[%8.3f] ", now() - T0);
  vfprintf(stderr, f, a);
  fputc('\n', stderr);
  va_end(a);
}
static void die(const char *f, ...) {
  va_list a;
  va_start(a, f);
  fprintf(stderr, "bgpload: ");
  vfprintf(stderr, f, a);
  fputc('\n', stderr);
  va_end(a);
  exit(2);
}
static u64 mix(u64 x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}
static void seterr(const char *f, ...) {
  if (err[0]) return;
  va_list a;
  va_start(a, f);
  vsnprintf(err, sizeof err, f, a);
  va_end(a);
  vlog("error: %s", err);
}
static void p16(u8 *p, u32 v) {
  p[0] = v >> 8;
  p[1] = v;
}
static void p32(u8 *p, u32 v) {
  p[0] = v >> 24;
  p[1] = v >> 16;
  p[2] = v >> 8;
  p[3] = v;
}
static u32 g16(const u8 *p) {
  return p[0] << 8 | p[1];
}
static u32 g32(const u8 *p) {
  return (u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static int parse_addr(const char *s, addr_t *a) {
  memset(a, 0, sizeof *a);
  if (inet_pton(AF_INET, s, a->b) == 1) return 1;
  if (inet_pton(AF_INET6, s, a->b) == 1) {
    a->v6 = 1;
    return 1;
  }
  return 0;
}
static addr_t addr_add(addr_t a, u32 n) {
  int o = a.v6 ? 12 : 0;
  p32(a.b + o, g32(a.b + o) + n);
  return a;
}
static const char *addr_s(const addr_t *a) {
  static char b[4][64];
  static int i;
  i = (i + 1) & 3;
  inet_ntop(a->v6 ? AF_INET6 : AF_INET, a->b, b[i], 64);
  return b[i];
}

/* ---------- deterministic route set ---------- */
static u32 pfx_hash(u64 hi, u64 lo, u8 len) {
  return mix(hi ^ mix(lo + 0x9e3779b97f4a7c15ULL) ^ ((u64)len << 3));
}
static int v4_skip(u32 a, u32 *next) { /* martian ranges never announced in table mode */
  static const struct {
    u32 a, m;
  } R[] = {{0x0a000000, 8},
           {0x7f000000, 8},
           {0x64400000, 10},
           {0xa9fe0000, 16},
           {0xac100000, 12},
           {0xc0a80000, 16},
           {0xc6120000, 15},
           {0xc0000000, 16},
           {0xc6336400, 24},
           {0xcb007100, 24},
           {0, 0}};
  for (int i = 0; R[i].m; i++) {
    u32 mask = ~0u << (32 - R[i].m);
    if ((a & mask) == R[i].a) {
      *next = R[i].a + ~mask + 1;
      return 1;
    }
  }
  return 0;
}
static void make_prefixes(void) {
  u32 n = C.n + 1;
  P = calloc(n, sizeof *P);
  if (C.k8s) { /* pod blocks: 10.128.0.0/9 as /26, or fd00:10:128::/48 as /122 */
    for (u32 i = 0; i < n; i++) {
      if (C.fam == 4) {
        P[i].hi = (u64)(0x0a800000u + i * 64) << 32;
        P[i].len = 26;
      } else {
        P[i].hi = 0xfd00001001280000ULL;
        P[i].lo = (u64)i * 64;
        P[i].len = 122;
      }
    }
    if (C.fam == 4 && n > (1u << 17)) die("k8s IPv4: at most 131071 blocks");
  } else if (C.fam == 4) {
    u64 cur = 0x01000000;
    for (u32 i = 0; i < n; i++) {
      u32 h = mix(i * 7919 + 1) % 1000;
      int len = h < 600   ? 24
                : h < 700 ? 23
                : h < 820 ? 22
                : h < 870 ? 21
                : h < 920 ? 20
                : h < 950 ? 19
                : h < 965 ? 18
                : h < 975 ? 17
                          : 16;
      if (C.n > 600000 && len < 20) len = 20; /* keep very large sets inside the unicast space */
      u64 sz = 1ULL << (32 - len);
      cur = (cur + sz - 1) & ~(sz - 1);
      u32 nx;
      while (v4_skip((u32)cur, &nx) || v4_skip((u32)(cur + sz - 1), &nx)) {
        cur = nx;
        cur = (cur + sz - 1) & ~(sz - 1);
      }
      if (cur + sz > 0xe0000000ULL) die("too many prefixes for IPv4 unicast space");
      P[i].hi = cur << 32;
      P[i].len = len;
      cur += sz;
    }
  } else {
    for (u32 i = 0; i < n; i++) {
      u32 h = mix(i * 7919 + 1) % 100;
      int len = h < 48 ? 48 : h < 60 ? 32 : h < 80 ? 44 : 40;
      P[i].hi = 0x2400000000000000ULL + ((u64)i << 32);
      P[i].len = len < 32 ? 32 : len;
    }
  }
  u32 sz = 1;
  while (sz < n * 4)
    sz <<= 1;
  HM = sz - 1;
  HT = malloc(sz * 4);
  memset(HT, 0xff, sz * 4ull);
  for (u32 i = 0; i < n; i++) {
    u32 h = pfx_hash(P[i].hi, P[i].lo, P[i].len) & HM;
    while (HT[h] != ~0u)
      h = (h + 1) & HM;
    HT[h] = i;
  }
}
static u32 pfx_find(u64 hi, u64 lo, u8 len) {
  u32 h = pfx_hash(hi, lo, len) & HM;
  for (; HT[h] != ~0u; h = (h + 1) & HM) {
    pfx_t *p = P + HT[h];
    if (p->hi == hi && p->lo == lo && p->len == len) return HT[h];
  }
  return ~0u;
}
static u32 blocks(void) {
  return C.n / C.nodes;
}
static u32 set_of(u32 i) {
  return i == C.n ? NS : C.k8s ? i / blocks() : (u32)((u64)i * C.sets10 / 10);
}
static u32 set_first(u32 s) {
  if (s >= NS) return C.n;
  return C.k8s ? s * blocks() : (u32)(((u64)s * 10 + C.sets10 - 1) / C.sets10);
}
static u32 set_end(u32 s) {
  if (s >= NS) return C.n + 1;
  u32 e = set_first(s + 1);
  return s + 1 >= NS || e > C.n ? C.n : e;
}
static u32 owner_of(u32 s) {
  if (s >= NS) return 0;
  if (C.overlap) return mix(s * 31 + 17) % C.feeders;
  return (u32)((((u64)s + 1) * C.feeders - 1) / NS);
}
/* disjoint case: feeder f announces sets [feed_lo(f), feed_hi(f)); owner_of is the inverse of this
 * split */
static u32 feed_lo(u32 f) {
  if (C.overlap) return 0;
  u32 lo = (u64)f * NS / C.feeders;
  return lo;
}
static u32 feed_hi(u32 f) {
  if (C.overlap) return NS;
  return (u64)(f + 1) * NS / C.feeders;
}
static addr_t set_nh(u32 s, u32 f) {
  if (C.k8s && s < NS && C.nodes != C.feeders) return addr_add(C.nh, s);
  if ((C.fam == 6) == S[f].src.v6) return S[f].src;
  return addr_add(C.nh, f);
}
typedef struct {
  u8 origin, has_med, has_agg, nlc, ncomm, next_, has_unk;
  u32 path[24];
  int npath;
  u32 med, comm[16], lc[12], agg_as, agg_ip;
  u8 ext[16];
  addr_t nh;
} attrs_t;

static int cmp32(const void *a, const void *b) {
  u32 x = *(u32 *)a, y = *(u32 *)b;
  return x < y ? -1 : x > y;
}
/* attributes of set s as announced by feeder f (path without the feeder's own AS prepended when
 * iBGP) */
static void mk_attrs(u32 s, u32 f, attrs_t *a) {
  u64 h = mix(((u64)s << 8) + 0x1234567 + (u64)gen_no * 0x100000001b3ULL), h2 = mix(h + 99);
  memset(a, 0, offsetof(attrs_t, path));
  a->npath = 0;
  a->ncomm = a->nlc = 0;
  int ebgp = S[f].as != S[f].peer_as;
  if (ebgp) a->path[a->npath++] = S[f].as;
  a->nh = set_nh(s, f);
  if (C.k8s) {
    if (gen_no) a->comm[a->ncomm++] = 0x81000000u | gen_no;
    return;
  }
  if (C.overlap && s < NS && owner_of(s) != f)
    for (int k = 1 + mix(h + f) % 3; k > 0; k--)
      a->path[a->npath++] = ebgp ? S[f].as : 1000 + f;
  a->origin = h % 10 == 0 ? 2 : 0;
  int pl = 1 + (h >> 8) % 5;
  for (int j = 0; j < pl; j++) {
    u64 x = mix(h + 1000 + j);
    a->path[a->npath++] = x % 8 == 0 ? 131072 + (x >> 8) % 250000 : 1000 + (x >> 8) % 22000;
  }
  if ((h >> 16) % 10 < 3) {
    a->has_med = 1;
    a->med = (h >> 20) & 0xff;
  }
  int nc = (h >> 28) % 7;
  for (int j = 0; j < nc; j++)
    a->comm[a->ncomm++] =
        (u32)(1000 + mix(h2 + j) % 20000) << 16 | ((j + 1) * 1000 + (mix(h2 + j) >> 32) % 900);
  a->comm[a->ncomm++] = 0x80000000u | s; /* tag: which set this is */
  qsort(a->comm, a->ncomm, 4, cmp32);
  if ((h >> 36) % 4 == 0) {
    a->nlc = 1 + (h >> 38) % 3;
    for (int j = 0; j < a->nlc; j++) {
      a->lc[j * 3] = 131072 + (h2 & 0xffff);
      a->lc[j * 3 + 1] = j + 1;
      a->lc[j * 3 + 2] = mix(h2 + 50 + j);
    }
  }
  if ((h >> 40) % 10 == 0) {
    a->next_ = 1;
    a->ext[0] = 0;
    a->ext[1] = 2;
    p16(a->ext + 2, 1000 + (h2 >> 16) % 30000);
    p32(a->ext + 4, s);
  }
  if ((h >> 44) % 20 == 0) {
    a->has_agg = 1;
    a->agg_as = a->path[a->npath - 1];
    a->agg_ip = 0x0a4c0000 | (s & 0xffff) | 1;
  }
  if (C.unknown_attr && (h >> 50) % 50 == 0) a->has_unk = 1;
}
static int put_pfx(u8 *p, pfx_t *x) {
  int nb = (x->len + 7) / 8;
  p[0] = x->len;
  for (int i = 0; i < nb; i++)
    p[1 + i] = i < 8 ? x->hi >> (56 - 8 * i) : x->lo >> (56 - 8 * (i - 8));
  return 1 + nb;
}
static u8 *attr_hdr(u8 *p, u8 fl, u8 type, int len) {
  if (len > 255) {
    *p++ = fl | 0x10;
    *p++ = type;
    p16(p, len);
    return p + 2;
  }
  *p++ = fl;
  *p++ = type;
  *p++ = len;
  return p;
}
static u8 *put_attrs(u8 *p, sess_t *ss, attrs_t *a) {
  p = attr_hdr(p, 0x40, 1, 1);
  *p++ = a->origin;
  int w = ss->peer_as4 ? 4 : 2, l = a->npath ? 2 + w * a->npath : 0;
  p = attr_hdr(p, 0x40, 2, l);
  if (l) {
    *p++ = 2;
    *p++ = a->npath;
    for (int i = 0; i < a->npath; i++, p += w) {
      if (w == 4)
        p32(p, a->path[i]);
      else
        p16(p, a->path[i] > 65535 ? 23456 : a->path[i]);
    }
  }
  if (C.fam == 4) {
    p = attr_hdr(p, 0x40, 3, 4);
    memcpy(p, a->nh.b, 4);
    p += 4;
  }
  if (a->has_med) {
    p = attr_hdr(p, 0x80, 4, 4);
    p32(p, a->med);
    p += 4;
  }
  if (ss->as == ss->peer_as) {
    p = attr_hdr(p, 0x40, 5, 4);
    p32(p, 100);
    p += 4;
  }
  if (a->has_agg) {
    p = attr_hdr(p, 0x40, 6, 0);
    p = attr_hdr(p, 0xc0, 7, w + 4);
    if (w == 4)
      p32(p, a->agg_as);
    else
      p16(p, a->agg_as > 65535 ? 23456 : a->agg_as);
    p += w;
    p32(p, a->agg_ip);
    p += 4;
  }
  if (a->ncomm) {
    p = attr_hdr(p, 0xc0, 8, 4 * a->ncomm);
    for (int i = 0; i < a->ncomm; i++, p += 4)
      p32(p, a->comm[i]);
  }
  if (a->next_) {
    p = attr_hdr(p, 0xc0, 16, 8);
    memcpy(p, a->ext, 8);
    p += 8;
  }
  if (a->nlc) {
    p = attr_hdr(p, 0xc0, 32, 12 * a->nlc);
    for (int i = 0; i < 3 * a->nlc; i++, p += 4)
      p32(p, a->lc[i]);
  }
  if (a->has_unk) {
    p = attr_hdr(p, 0xe0, 250, 4);
    p32(p, 0xdeadbeef);
    p += 4;
  }
  return p;
}
static u8 *msg_hdr(u8 *p, int type) {
  memset(p, 0xff, 16);
  p[18] = type;
  return p + 19;
}
static int msg_fin(u8 *m, u8 *end) {
  p16(m + 16, end - m);
  return end - m;
}

/* one UPDATE of set s starting at prefix offset *sub; advances *sub, returns length; *nn = prefixes
 * in it */
static int mk_update(u8 *m, sess_t *ss, u32 s, u32 *sub, int *nn) {
  u32 i = set_first(s) + *sub, e = set_end(s), lim = C.per_update, cnt = 0;
  attrs_t a;
  mk_attrs(s, ss->id, &a);
  u8 *p = msg_hdr(m, MSG_UPDATE);
  p16(p, 0);
  u8 *al = p + 2;
  p = al + 2;
  if (C.fam == 4) {
    u8 *q = put_attrs(p, ss, &a);
    p16(al, q - p);
    p = q;
    for (; i < e && cnt < lim && p - m < 4096 - 6; i++, cnt++)
      p += put_pfx(p, P + i);
  } else { /* MP_REACH_NLRI first (RFC 7606 5.1) */
    u8 *st = p;
    *p++ = 0x90;
    *p++ = 14;
    u8 *ml = p;
    p += 2;
    u8 *v = p;
    p16(p, 2);
    p[2] = 1;
    p[3] = 16;
    memcpy(p + 4, a.nh.b, 16);
    p[20] = 0;
    p += 21;
    for (; i < e && cnt < lim && p - m < 3700; i++, cnt++)
      p += put_pfx(p, P + i);
    p16(ml, p - v);
    p = put_attrs(p, ss, &a);
    p16(al, p - st);
  }
  *sub += cnt;
  *nn = cnt;
  return msg_fin(m, p);
}
static int mk_withdraw(u8 *m, u32 *i, u32 e, int *nn) {
  u8 *p = msg_hdr(m, MSG_UPDATE);
  int cnt = 0;
  if (C.fam == 4) {
    u8 *wl = p;
    p += 2;
    u8 *st = p;
    for (; *i < e && p - m < 4096 - 8; (*i)++, cnt++)
      p += put_pfx(p, P + *i);
    p16(wl, p - st);
    p16(p, 0);
    p += 2;
  } else {
    p16(p, 0);
    u8 *al = p + 2;
    p = al + 2;
    u8 *st = p;
    *p++ = 0x90;
    *p++ = 15;
    u8 *ml = p;
    p += 2;
    u8 *v = p;
    p16(p, 2);
    p[2] = 1;
    p += 3;
    for (; *i < e && p - m < 4096 - 18; (*i)++, cnt++)
      p += put_pfx(p, P + *i);
    p16(ml, p - v);
    p16(al, p - st);
  }
  *nn = cnt;
  return msg_fin(m, p);
}
static int mk_eor(u8 *m) {
  u8 *p = msg_hdr(m, MSG_UPDATE);
  p16(p, 0);
  if (C.fam == 4) {
    p16(p + 2, 0);
    p += 4;
  } else {
    p16(p + 2, 6);
    memcpy(p + 4, "\x80\x0f\x03\x00\x02\x01", 6);
    p += 10;
  }
  return msg_fin(m, p);
}
static int mk_open(u8 *m, sess_t *s) {
  u8 *p = msg_hdr(m, MSG_OPEN);
  *p++ = 4;
  p16(p, s->as > 65535 ? 23456 : s->as);
  p16(p + 2, C.hold);
  p32(p + 4, s->rid);
  p += 8;
  u8 *ol = p++;
  *p++ = 2;
  u8 *cl = p++;
  u8 *st = p;
  memcpy(p, "\x01\x04\x00", 3);
  p[3] = C.fam == 4 ? 1 : 2;
  p[4] = 0;
  p[5] = 1;
  p += 6;
  *p++ = 2;
  *p++ = 0;
  *p++ = 65;
  *p++ = 4;
  p32(p, s->as);
  p += 4;
  if (C.ext_msg) {
    *p++ = 6;
    *p++ = 0;
  }
  if (C.gr) {
    *p++ = 64;
    *p++ = 6;
    p16(p, 120);
    p[2] = 0;
    p[3] = C.fam == 4 ? 1 : 2;
    p[4] = 1;
    p[5] = 0x80;
    p += 6;
  }
  *cl = p - st;
  *ol = p - st + 2;
  return msg_fin(m, p);
}

/* ---------- sockets ---------- */
static socklen_t mksa(struct sockaddr_storage *ss, const addr_t *a, u16 port) {
  memset(ss, 0, sizeof *ss);
  if (a->v6) {
    struct sockaddr_in6 *x = (void *)ss;
    x->sin6_family = AF_INET6;
    x->sin6_port = htons(port);
    memcpy(&x->sin6_addr, a->b, 16);
    return sizeof *x;
  }
  struct sockaddr_in *x = (void *)ss;
  x->sin_family = AF_INET;
  x->sin_port = htons(port);
  memcpy(&x->sin_addr, a->b, 4);
  return sizeof *x;
}
static void sock_opts(int fd, sess_t *s) {
  int one = 1;
  setsockopt(fd, SOL_TCP, 1 /*TCP_NODELAY*/, &one, sizeof one);
  if (C.ttl) {
    if (s->src.v6)
      setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &C.ttl, sizeof C.ttl);
    else
      setsockopt(fd, IPPROTO_IP, IP_TTL, &C.ttl, sizeof C.ttl);
  }
  if (C.md5[0]) {
    struct tcp_md5sig m;
    memset(&m, 0, sizeof m);
    struct sockaddr_storage sa;
    mksa(&sa, &s->dst, 0);
    memcpy(&m.tcpm_addr, &sa, sizeof sa);
    m.tcpm_keylen = strlen(C.md5);
    memcpy(m.tcpm_key, C.md5, m.tcpm_keylen);
    if (setsockopt(fd, SOL_TCP, TCP_MD5SIG, &m, sizeof m)) die("TCP_MD5SIG: %s", strerror(errno));
  }
}
static void ep_set(sess_t *s, int out) {
  if (s->want_out == out) return;
  s->want_out = out;
  struct epoll_event e = {.events = EPOLLIN | (out ? EPOLLOUT : 0), .data.ptr = s};
  epoll_ctl(ep, EPOLL_CTL_MOD, s->fd, &e);
}
static void s_close(sess_t *s, int st) {
  if (s->fd >= 0) {
    close(s->fd);
    s->fd = -1;
  }
  s->state = st;
  s->rxlen = s->txlen = s->txoff = 0;
  s->gen = G_NONE;
  s->want_out = 0;
  s->eor_due = 0;
}
static void s_tx(sess_t *s, const void *b, int n) {
  if (s->txoff + s->txlen + n > TXSZ) {
    memmove(s->tx, s->tx + s->txoff, s->txlen);
    s->txoff = 0;
  }
  if (s->txlen + n > TXSZ) return;
  memcpy(s->tx + s->txoff + s->txlen, b, n);
  s->txlen += n;
}
static void s_listen(sess_t *s) {
  if (s->lfd < 0) {
    struct sockaddr_storage sa;
    socklen_t l = mksa(&sa, &s->src, C.listen_port);
    int one = 1;
    s->lfd = socket(s->src.v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(s->lfd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    sock_opts(s->lfd, s);
    if (bind(s->lfd, (void *)&sa, l) || listen(s->lfd, 16))
      die("listen %s:%d: %s", addr_s(&s->src), C.listen_port, strerror(errno));
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = (void *)((uintptr_t)s | 1)};
    epoll_ctl(ep, EPOLL_CTL_ADD, s->lfd, &e);
  }
  s->state = S_LISTEN;
}
static void s_opened(sess_t *s) {
  u8 m[300];
  s->state = S_OPENSENT;
  s->conn_at = s->last_rx = now();
  s_tx(s, m, mk_open(m, s));
  ep_set(s, 1);
}
static void s_connect(sess_t *s) {
  struct sockaddr_storage sa;
  int one = 1;
  socklen_t l = mksa(&sa, &s->src, 0);
  s->fd = socket(s->src.v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (s->fd < 0) die("socket: %s", strerror(errno));
  setsockopt(s->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  int fb = 1;
  setsockopt(s->fd, IPPROTO_IP, IP_FREEBIND, &fb, sizeof fb);
  sock_opts(s->fd, s);
  if (bind(s->fd, (void *)&sa, l)) die("bind %s: %s", addr_s(&s->src), strerror(errno));
  l = mksa(&sa, &s->dst, s->dport);
  s->state = S_CONNECTING;
  s->conn_at = now();
  int r = connect(s->fd, (void *)&sa, l);
  if (r && errno != EINPROGRESS) {
    vlog("s%d connect: %s", s->id, strerror(errno));
    s_close(s, S_DOWN);
    s->retry_at = now() + 0.3;
    return;
  }
  struct epoll_event e = {.events = EPOLLIN | EPOLLOUT, .data.ptr = s};
  s->want_out = 1;
  epoll_ctl(ep, EPOLL_CTL_ADD, s->fd, &e);
}
static void s_start(sess_t *s) {
  if (!s->rx) {
    s->rx = malloc(RXSZ);
    s->tx = malloc(TXSZ);
  }
  if (C.passive)
    s_listen(s);
  else
    s_connect(s);
}

/* ---------- sink ---------- */
#define TST(b, i) ((b)[(i) >> 3] >> ((i)&7) & 1)
#define SET(b, i) ((b)[(i) >> 3] |= 1 << ((i)&7))
#define CLR(b, i) ((b)[(i) >> 3] &= ~(1 << ((i)&7)))
static void upd_ok(sess_t *s, int was) {
  int is = s->ngood >= s->need;
  if (is == was) return;
  if (is) {
    sinks_ok++;
    s->done_at = now();
  } else
    sinks_ok--;
}
static void on_nlri(sess_t *s, u32 i, int good) {
  if (i == C.n) {
    if (probe_active && probe_kind == G_ANN && good && !s->probe_seen) {
      s->probe_seen = 1;
      probe_left--;
    }
    return;
  }
  int was = s->ngood >= s->need;
  s->since_refresh++;
  if (!TST(s->have, i)) {
    SET(s->have, i);
    s->nhave++;
  }
  if (good) {
    if (TST(s->good, i))
      dup_rx++;
    else {
      SET(s->good, i);
      s->ngood++;
    }
  } else if (TST(s->good, i)) {
    CLR(s->good, i);
    s->ngood--;
  }
  upd_ok(s, was);
}
static void on_withdraw(sess_t *s, u32 i) {
  if (i == C.n) {
    if (probe_active && probe_kind == G_WD && !s->probe_seen) {
      s->probe_seen = 1;
      probe_left--;
    }
    return;
  }
  int was = s->ngood >= s->need;
  if (TST(s->have, i)) {
    CLR(s->have, i);
    s->nhave--;
  } else
    wd_unknown++;
  if (TST(s->good, i)) {
    CLR(s->good, i);
    s->ngood--;
  }
  upd_ok(s, was);
}
typedef struct {
  int origin, npath, nhl, has_lp, has_med, orig_set, clusters, nc, nlc, next_, has_agg, unk;
  u32 path[64], med, originator, comm[64], lc[30], agg_as, agg_ip;
  u8 ext[16];
  const u8 *nh;
  const u8 *mp;
  int mpl;
  const u8 *mpu;
  int mpul;
  int as_sets;
} dec_t;
static int dec_attrs(sess_t *s, const u8 *p, int n, dec_t *d) {
  const u8 *e = p + n;
  memset(d, 0, offsetof(dec_t, path));
  d->origin = -1;
  d->nh = d->mp = d->mpu = NULL;
  d->mpl = d->mpul = d->as_sets = 0;
  while (p < e) {
    if (e - p < 3) return -1;
    u8 fl = p[0], t = p[1];
    int l;
    if (fl & 0x10) {
      if (e - p < 4) return -1;
      l = g16(p + 2);
      p += 4;
    } else {
      l = p[2];
      p += 3;
    }
    if (l > e - p) return -1;
    switch (t) {
    case 1:
      if (l != 1) return -1;
      d->origin = *p;
      break;
    case 2: {
      const u8 *q = p, *qe = p + l;
      int w = s->peer_as4 ? 4 : 2;
      while (q < qe) {
        int st = q[0], c = q[1];
        if (q + 2 + c * w > qe) return -1;
        if (st != 2) d->as_sets++;
        for (int i = 0; i < c; i++)
          if (d->npath < 64) d->path[d->npath++] = w == 4 ? g32(q + 2 + 4 * i) : g16(q + 2 + 2 * i);
        q += 2 + c * w;
      }
      break;
    }
    case 3:
      if (l != 4) return -1;
      d->nh = p;
      d->nhl = 4;
      break;
    case 4:
      d->has_med = 1;
      d->med = g32(p);
      break;
    case 5:
      d->has_lp = 1;
      break;
    case 7:
      d->has_agg = 1;
      if (l == 8) {
        d->agg_as = g32(p);
        d->agg_ip = g32(p + 4);
      } else {
        d->agg_as = g16(p);
        d->agg_ip = g32(p + 2);
      }
      break;
    case 8:
      for (int i = 0; i + 4 <= l && d->nc < 64; i += 4)
        d->comm[d->nc++] = g32(p + i);
      break;
    case 9:
      d->orig_set = 1;
      d->originator = g32(p);
      break;
    case 10:
      d->clusters = l / 4;
      break;
    case 14:
      if (l < 5) return -1;
      d->mp = p;
      d->mpl = l;
      break;
    case 15:
      if (l < 3) return -1;
      d->mpu = p;
      d->mpul = l;
      break;
    case 16:
      d->next_ = l / 8;
      if (l >= 8) memcpy(d->ext, p, 8);
      break;
    case 32:
      for (int i = 0; i + 12 <= l && d->nlc < 10; i += 12, d->nlc++)
        for (int j = 0; j < 3; j++)
          d->lc[d->nlc * 3 + j] = g32(p + i + 4 * j);
      break;
    case 250:
      d->unk = 1 + ((fl & 0x20) != 0);
      break;
    }
    p += l;
  }
  return 0;
}
static const char *check_attrs(sess_t *s, dec_t *d, u32 set) {
  attrs_t a;
  u32 f = owner_of(set);
  mk_attrs(set, f, &a);
  sess_t *fs = S + f;
  int se = s->as != s->peer_as, fe = fs->as != fs->peer_as;
  if (d->origin != a.origin) return "origin";
  if (d->as_sets) return "as-path segment type";
  int k = 0;
  if (se) {
    if (d->npath < 1 || d->path[0] != s->peer_as) return "as-path: DUT AS not prepended";
    k = 1;
  }
  if (d->npath - k != a.npath || memcmp(d->path + k, a.path, 4 * a.npath))
    return C.overlap ? "not the best path" : "as-path";
  const u8 *nh = C.fam == 4 ? d->nh : d->mp ? d->mp + 4 : NULL;
  int nl = C.fam == 4 ? 4 : 16;
  if (!nh || (C.fam == 6 && d->mp[3] != 16 && d->mp[3] != 32)) return "next hop missing";
  int same = !memcmp(nh, a.nh.b, nl), self = (C.fam == 6) == s->dst.v6 && !memcmp(nh, s->dst.b, nl),
      zero = 1;
  for (int i = 0; i < nl; i++)
    if (nh[i]) zero = 0;
  if (zero) return "next hop zero";
  if (C.nh_mode == 1 ? !same : C.nh_mode == 2 ? !self : C.nh_mode == 0 && !se && !fe ? !same : 0)
    return "next hop";
  if (se ? d->has_lp : !d->has_lp) return "local-pref";
  if (!se && !fe && (a.has_med ? !d->has_med || d->med != a.med : d->has_med && d->med))
    return "med"; /* absent == 0 (RFC 4271 9.1.2.2 c) */
  if (d->nc != a.ncomm) return "communities";
  qsort(d->comm, d->nc, 4, cmp32);
  if (memcmp(d->comm, a.comm, 4 * a.ncomm)) return "communities";
  if (d->nlc != a.nlc || memcmp(d->lc, a.lc, 12 * a.nlc)) return "large communities";
  if (d->next_ != a.next_ || (a.next_ && memcmp(d->ext, a.ext, 8))) return "extended communities";
  if (d->has_agg != a.has_agg || (a.has_agg && (d->agg_as != a.agg_as || d->agg_ip != a.agg_ip)))
    return "aggregator";
  if (a.has_unk && d->unk != 2) return "unknown transitive attribute lost or Partial bit clear";
  if (C.verify_rr && !se && !fe) {
    if (!d->orig_set || d->originator != fs->rid) return "originator-id";
    if (d->clusters < 1) return "cluster-list";
  }
  return NULL;
}
static void nlri_run(sess_t *s, const u8 *p, const u8 *e, int v6, int wd, dec_t *d) {
  u32 okset = ~0u, badset = ~0u;
  const char *why = NULL;
  u32 tag = ~0u;
  if (!wd && !C.k8s) {
    for (int i = 0; i < d->nc; i++)
      if (d->comm[i] >> 24 == 0x80) tag = d->comm[i] & 0xffffff;
  }
  while (p < e) {
    int len = *p++, nb = (len + 7) / 8;
    if (nb > e - p || len > (v6 ? 128 : 32)) {
      seterr("malformed NLRI from DUT");
      return;
    }
    u64 hi = 0, lo = 0;
    for (int i = 0; i < nb; i++)
      if (i < 8)
        hi |= (u64)p[i] << (56 - 8 * i);
      else
        lo |= (u64)p[i] << (56 - 8 * (i - 8));
    p += nb;
    u32 i = pfx_find(hi, lo, len);
    if (wd)
      s->rx_wd++;
    else
      s->rx_nlri++;
    if (i == ~0u) {
      if (!wd) {
        bad_unknown_pfx++;
        if (!badmsg[0])
          snprintf(badmsg, sizeof badmsg, "unexpected prefix %016llx/%d", (unsigned long long)hi,
                   len);
      }
      continue;
    }
    if (wd) {
      on_withdraw(s, i);
      continue;
    }
    u32 set = set_of(i);
    if (set != okset && set != badset) {
      if (!C.k8s && tag != set)
        why = "wrong attribute set (tag)";
      else
        why = check_attrs(s, d, set);
      if (why)
        badset = set;
      else
        okset = set;
    }
    if (set == badset) {
      bad_attr++;
      if (!badmsg[0] && !C.overlap) {
        snprintf(badmsg, sizeof badmsg, "session %d prefix #%u set %u: %s", s->id, i, set,
                 why ? why : "?");
        vlog("bad: %s", badmsg);
      }
    }
    on_nlri(s, i, set == okset);
  }
}
static void on_update(sess_t *s, const u8 *b, int n) {
  s->rx_upd++;
  if (!(s->role & R_SINK)) return;
  if (n < 4) {
    seterr("short UPDATE");
    return;
  }
  int wl = g16(b);
  if (wl + 4 > n) {
    seterr("UPDATE withdrawn length");
    return;
  }
  const u8 *w = b + 2, *at = w + wl + 2;
  int al = g16(w + wl);
  if (wl + 4 + al > n) {
    seterr("UPDATE attr length");
    return;
  }
  dec_t d;
  const u8 *nl = at + al, *end = b + n;
  if (wl) nlri_run(s, w, w + wl, 0, 1, NULL);
  if (al) {
    if (dec_attrs(s, at, al, &d)) {
      seterr("malformed attributes from DUT (session %d)", s->id);
      return;
    }
    if (d.mpu && d.mpul > 3) nlri_run(s, d.mpu + 3, d.mpu + d.mpul, g16(d.mpu) == 2, 1, NULL);
    if (d.mp) {
      int nhl = d.mp[3];
      if (5 + nhl <= d.mpl) nlri_run(s, d.mp + 5 + nhl, d.mp + d.mpl, g16(d.mp) == 2, 0, &d);
    }
    if (nl < end) nlri_run(s, nl, end, 0, 0, &d);
  }
}
static void on_open(sess_t *s, const u8 *b, int n) {
  s->open_len = n + 19 > (int)sizeof s->open_hex ? (int)sizeof s->open_hex : n + 19;
  memcpy(s->open_hex, b - 19, s->open_len);
  s->peer_rid = g32(b + 5);
  int h = g16(b + 3);
  s->hold = h < C.hold ? h : C.hold;
  u32 as = g16(b + 1);
  s->peer_as4 = s->peer_rr = s->peer_gr = s->peer_ext = s->peer_mp = 0;
  const u8 *p = b + 10, *e = b + 10 + b[9];
  int ext = 0;
  if (b[9] == 255 && n > 13 && b[10] == 255) {
    ext = 1;
    p = b + 13;
    e = p + g16(b + 11);
  }
  if (e > b + n) e = b + n;
  while (p + 2 + ext <= e) {
    int t = p[0], l = ext ? (int)g16(p + 1) : p[1];
    p += 2 + ext;
    const u8 *q = p, *qe = p + l;
    if (qe > e) break;
    if (t == 2)
      while (q + 2 <= qe) {
        int c = q[0], cl = q[1];
        q += 2;
        if (q + cl > qe) break;
        if (c == 65 && cl == 4) {
          s->peer_as4 = 1;
          as = g32(q);
        } else if (c == 2)
          s->peer_rr = 1;
        else if (c == 64)
          s->peer_gr = 1;
        else if (c == 6)
          s->peer_ext = 1;
        else if (c == 1 && cl == 4 && g16(q) == (C.fam == 4 ? 1u : 2u) && q[3] == 1)
          s->peer_mp = 1;
        q += cl;
      }
    p = qe;
  }
  if (as != s->peer_as) seterr("session %d: DUT AS %u, expected %u", s->id, as, s->peer_as);
  u8 m[19];
  msg_hdr(m, MSG_KEEP);
  s_tx(s, m, msg_fin(m, m + 19));
  s->state = S_OPENCONFIRM;
  ep_set(s, 1);
}
static int on_msg(sess_t *s, int t, const u8 *b, int n) {
  switch (t) {
  case MSG_OPEN:
    if (s->state == S_OPENSENT && n >= 10) on_open(s, b, n);
    break;
  case MSG_KEEP:
    s->rx_ka++;
    if (s->state == S_OPENCONFIRM) {
      s->state = S_EST;
      s->est_at = now();
      s->ka_at = s->est_at + (s->hold ? s->hold / 3.0 : 1e9);
    }
    break;
  case MSG_UPDATE:
    on_update(s, b, n);
    break;
  case MSG_NOTIF:
    notif_rx++;
    {
      char hx[200];
      int k = 0;
      for (int i = 2; i < n && k < 180; i++)
        k += snprintf(hx + k, sizeof hx - k, "%02x", b[i]);
      hx[k] = 0;
      vlog("s%d NOTIFICATION %d/%d %s", s->id, b[0], b[1], hx);
      if (s->state == S_EST)
        seterr("session %d: NOTIFICATION %d/%d data %s", s->id, b[0], b[1], hx);
    }
    return -1;
  case MSG_REFRESH:
    break;
  default:
    seterr("session %d: bad message type %d", s->id, t);
    return -1;
  }
  return 0;
}
static void s_read(sess_t *s) {
  for (int turn = 0; turn < 4 && s->fd >= 0; turn++) {
    ssize_t r = recv(s->fd, s->rx + s->rxlen, RXSZ - s->rxlen, 0);
    if (r < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (r <= 0) {
      int est = s->state == S_EST;
      vlog("s%d closed (%s) state %d", s->id, r ? strerror(errno) : "eof", s->state);
      s_close(s, S_DOWN);
      if (est) seterr("session %d lost: %s", s->id, r ? strerror(errno) : "closed by DUT");
      s->retry_at = now() + 0.3;
      if (C.passive) s->state = S_LISTEN;
      return;
    }
    s->rx_bytes += r;
    s->rxlen += r;
    s->last_rx = now();
    int o = 0, full = s->rxlen == RXSZ;
    while (s->rxlen - o >= 19) {
      int l = g16(s->rx + o + 16);
      if (l < 19 || l > 65535 || s->rx[o] != 0xff) {
        seterr("session %d: bad header from DUT", s->id);
        s_close(s, S_DEAD);
        return;
      }
      if (s->rxlen - o < l) break;
      if (on_msg(s, s->rx[o + 18], s->rx + o + 19, l - 19)) {
        s_close(s, S_DOWN);
        s->retry_at = now() + 0.5;
        if (C.passive) s->state = S_LISTEN;
        return;
      }
      o += l;
    }
    if (o) {
      memmove(s->rx, s->rx + o, s->rxlen - o);
      s->rxlen -= o;
    }
    if (!full) return;
  }
}
static void s_refill(sess_t *s) {
  if (s->txlen > TXSZ / 2) return;
  if (s->txoff && s->txlen < 65536) {
    memmove(s->tx, s->tx + s->txoff, s->txlen);
    s->txoff = 0;
  }
  while (s->gen != G_NONE && s->txoff + s->txlen + 4200 <= TXSZ) {
    u8 *m = s->tx + s->txoff + s->txlen;
    int nn = 0, l;
    if (s->gen == G_ANN) {
      if (s->gset >= s->gend) {
        s->gen = G_NONE;
        if (s->eor_due) {
          s->eor_due = 0;
          l = mk_eor(m);
          s->txlen += l;
        }
        break;
      }
      l = mk_update(m, s, s->gset, &s->gsub, &nn);
      if (set_first(s->gset) + s->gsub >= set_end(s->gset)) {
        s->gset++;
        s->gsub = 0;
      }
    } else {
      if (s->gset >= s->gend) {
        s->gen = G_NONE;
        break;
      }
      l = mk_withdraw(m, &s->gset, s->gend, &nn);
    }
    s->txlen += l;
    s->tx_upd++;
    s->tx_nlri += nn;
  }
}
static double first_tx, last_tx;
static void s_write(sess_t *s) {
  if (s->state == S_CONNECTING) {
    int e = 0;
    socklen_t l = sizeof e;
    getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &e, &l);
    if (e) {
      s_close(s, S_DOWN);
      s->retry_at = now() + 0.3;
      return;
    }
    s_opened(s);
  }
  for (int turn = 0; turn < 4; turn++) {
    s_refill(s);
    if (!s->txlen) break;
    if (s->tx_upd && !first_tx) first_tx = now();
    ssize_t r = send(s->fd, s->tx + s->txoff, s->txlen, MSG_NOSIGNAL);
    if (r < 0) {
      if (errno != EAGAIN && errno != EINTR) {
        int est = s->state == S_EST;
        vlog("s%d send: %s", s->id, strerror(errno));
        s_read(s);
        if (s->fd >= 0) {
          s_close(s, S_DOWN);
          s->retry_at = now() + 0.3;
        }
        if (est) seterr("session %d lost on send", s->id);
      } else
        ep_set(s, 1);
      return;
    }
    s->tx_bytes += r;
    s->txoff += r;
    s->txlen -= r;
    if (!s->txlen) s->txoff = 0;
    if (s->tx_upd) last_tx = now();
  }
  ep_set(s, s->txlen > 0 || s->gen != G_NONE);
}
static void poll_once(int ms) {
  static struct epoll_event ev[512];
  static double tick;
  int n = epoll_wait(ep, ev, 512, ms);
  for (int i = 0; i < n; i++) {
    uintptr_t v = (uintptr_t)ev[i].data.ptr;
    if (v & 1) {
      sess_t *s = (void *)(v & ~1ul);
      int fd = accept4(s->lfd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) continue;
      if (s->fd >= 0 || s->state == S_DEAD) {
        close(fd);
        continue;
      }
      s->fd = fd;
      sock_opts(fd, s);
      struct epoll_event e = {.events = EPOLLIN | EPOLLOUT, .data.ptr = s};
      s->want_out = 1;
      epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
      s_opened(s);
      continue;
    }
    sess_t *s = (void *)v;
    if (s->fd < 0) continue;
    if (s->state == S_CONNECTING) {
      s_write(s);
      continue;
    }
    if (ev[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) s_read(s);
    if (s->fd >= 0 && (ev[i].events & EPOLLOUT || s->txlen)) s_write(s);
  }
  double t = now();
  if (t - tick < 0.1) return;
  tick = t;
  for (int i = 0; i < nS; i++) {
    sess_t *s = S + i;
    if (s->state == S_EST && t > s->ka_at) {
      u8 m[19];
      msg_hdr(m, MSG_KEEP);
      s_tx(s, m, msg_fin(m, m + 19));
      s->ka_at = t + s->hold / 3.0;
      ep_set(s, 1);
    }
    if (s->state == S_DOWN && s->retry_at && t > s->retry_at) {
      s->retry_at = 0;
      s_start(s);
    }
    if ((s->state == S_OPENSENT || s->state == S_OPENCONFIRM) && t - s->conn_at > 10) {
      s_close(s, S_DOWN);
      s->retry_at = t;
    }
    if (s->state == S_CONNECTING && t - s->conn_at > 3) {
      s_close(s, S_DOWN);
      s->retry_at = t;
    }
  }
}

/* ---------- measurement ---------- */
static double cpu_of(int pid) {
  char f[64], b[1024];
  snprintf(f, sizeof f, "/proc/%d/stat", pid);
  FILE *x = fopen(f, "r");
  if (!x) return -1;
  size_t n = fread(b, 1, sizeof b - 1, x);
  fclose(x);
  b[n] = 0;
  char *p = strrchr(b, ')');
  if (!p) return -1;
  unsigned long u = 0, k = 0;
  sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &u, &k);
  return (double)(u + k) / sysconf(_SC_CLK_TCK);
}
static long rss_of(int pid, const char *key) {
  char f[64], l[256];
  snprintf(f, sizeof f, "/proc/%d/status", pid);
  FILE *x = fopen(f, "r");
  if (!x) return -1;
  long v = -1;
  while (fgets(l, sizeof l, x))
    if (!strncmp(l, key, strlen(key))) {
      v = atol(l + strlen(key) + 1);
      break;
    }
  fclose(x);
  return v;
}
static double dut_cpu(void) {
  double s = 0;
  for (int i = 0; i < C.npids; i++)
    s += cpu_of(C.pids[i]);
  return s;
}
static long dut_rss(const char *k) {
  long s = 0;
  for (int i = 0; i < C.npids; i++)
    s += rss_of(C.pids[i], k);
  return s;
}
static double self_cpu(void) {
  struct rusage r;
  getrusage(RUSAGE_SELF, &r);
  return r.ru_utime.tv_sec + r.ru_stime.tv_sec + (r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e-6;
}
static int cmpd(const void *a, const void *b) {
  double x = *(double *)a, y = *(double *)b;
  return x < y ? -1 : x > y;
}

static int wait_est(int lo, int hi, double to) {
  double t = now() + to;
  for (;;) {
    int k = 0;
    for (int i = lo; i < hi; i++)
      if (S[i].state == S_EST) k++;
    if (k == hi - lo) return 0;
    if (now() > t || err[0]) {
      seterr("only %d of %d sessions established", k, hi - lo);
      return -1;
    }
    poll_once(20);
  }
}
static u64 sum(size_t off, int role) {
  u64 v = 0;
  for (int i = 0; i < nS; i++)
    if (S[i].role & role) v += *(u64 *)((char *)(S + i) + off);
  return v;
}
#define SUM(f, role) sum(offsetof(sess_t, f), role)
static int all_clear(void) {
  for (int i = 0; i < nS; i++)
    if ((S[i].role & R_SINK) && S[i].state == S_EST && S[i].nhave) return 0;
  return 1;
}
static void start_gen(int kind, int eor) {
  for (int i = 0; i < C.feeders; i++) {
    sess_t *s = S + i;
    u32 lo = feed_lo(i), hi = feed_hi(i);
    s->gen = kind;
    s->gsub = 0;
    s->eor_due = eor;
    if (kind == G_ANN) {
      s->gset = lo;
      s->gend = hi;
    } else {
      s->gset = set_first(lo);
      s->gend = hi >= NS ? C.n : set_first(hi);
    }
    ep_set(s, 1);
  }
}

static int run_phase(const char *ph, char *out, size_t osz) {
  double t0, c0 = dut_cpu(), my0 = self_cpu();
  u64 u0 = SUM(rx_upd, R_SINK), n0 = SUM(rx_nlri, R_SINK), w0 = SUM(rx_wd, R_SINK),
      b0 = SUM(rx_bytes, R_SINK), tu0 = SUM(tx_upd, R_FEED), tb0 = SUM(tx_bytes, R_FEED);
  double tdone = -1, tsend = -1, tfirst = -1, conn = -1;
  int ok = 0, empty = 0;
  char extra[512] = "";
  first_tx = last_tx = 0;
  int n_late0 = nS;
  (void)n_late0;
  if (!strcmp(ph, "announce") || !strcmp(ph, "change")) {
    if (ph[0] == 'c') {
      gen_no++;
      for (int i = 0; i < nS; i++)
        if (S[i].good) {
          memset(S[i].good, 0, C.n / 8 + 2);
          S[i].ngood = 0;
        }
      sinks_ok = 0;
      for (int i = 0; i < nS; i++)
        if (S[i].role & R_SINK && !S[i].need && !S[i].late) sinks_ok++;
    }
    start_gen(G_ANN, C.eor && ph[0] == 'a');
  } else if (!strcmp(ph, "withdraw")) {
    start_gen(G_WD, 0);
    empty = 1;
  } else if (!strcmp(ph, "drop")) {
    for (int i = 0; i < C.feeders; i++) {
      s_close(S + i, S_DEAD);
    }
    empty = 1;
    first_tx = now();
  } else if (!strcmp(ph, "up")) {
    for (int i = 0; i < C.feeders; i++)
      if (S[i].state == S_DEAD) {
        S[i].state = S_DOWN;
        s_start(S + i);
      }
    t0 = now();
    if (wait_est(0, C.feeders, C.timeout)) return -1;
    snprintf(out, osz, "{\"phase\":\"up\",\"ok\":true,\"establish_s\":%.4f}", now() - t0);
    return 0;
  } else if (!strcmp(ph, "late")) {
    sinks_total += C.late_sinks;
    for (int i = 0; i < nS; i++)
      if (S[i].late) {
        S[i].late = 0;
        s_start(S + i);
      }
    first_tx = now();
  } else if (!strcmp(ph, "refresh")) {
    u8 m[23];
    msg_hdr(m, MSG_REFRESH);
    p16(m + 19, C.fam == 4 ? 1 : 2);
    m[21] = 0;
    m[22] = 1;
    msg_fin(m, m + 23);
    for (int i = 0; i < nS; i++)
      if ((S[i].role & R_SINK) && S[i].state == S_EST) {
        if (!S[i].peer_rr) {
          seterr("DUT lacks route-refresh");
          return -1;
        }
        S[i].since_refresh = 0;
        s_tx(&S[i], m, 23);
        ep_set(S + i, 1);
      }
    first_tx = now();
  } else if (!strcmp(ph, "latency")) {
    double *v[2] = {calloc(C.probes, 8), calloc(C.probes, 8)};
    int nv[2] = {0, 0};
    sess_t *f = S;
    for (int k = 0; k < C.probes * 2 && !err[0]; k++) {
      u8 m[4200];
      int nn, l;
      probe_kind = k & 1 ? G_WD : G_ANN;
      probe_active = 1;
      probe_left = 0;
      for (int i = 0; i < nS; i++) {
        S[i].probe_seen = 0;
        if ((S[i].role & R_SINK) && S[i].state == S_EST && i != 0) probe_left++;
      }
      if (probe_kind == G_ANN) {
        u32 sub = 0;
        l = mk_update(m, f, NS, &sub, &nn);
      } else {
        u32 i = C.n;
        l = mk_withdraw(m, &i, C.n + 1, &nn);
      }
      double a = now();
      s_tx(f, m, l);
      s_write(f);
      while (probe_left > 0 && now() - a < C.timeout && !err[0])
        poll_once(100);
      if (probe_left > 0) {
        seterr("latency probe %d lost", k);
        break;
      }
      v[k & 1][nv[k & 1]++] = now() - a;
      double g = now() + C.probe_gap_ms * 1e-3;
      while (now() < g)
        poll_once(C.probe_gap_ms >= 1 ? 1 : 0);
    }
    probe_active = 0;
    for (int k = 0; k < 2; k++)
      qsort(v[k], nv[k], 8, cmpd);
#define Q(k, q) (nv[k] ? v[k][(int)((nv[k] - 1) * (q))] * 1e3 : -1.0)
    snprintf(
        out, osz,
        "{\"phase\":\"latency\",\"ok\":%s,\"probes\":%d,\"add_ms\":{\"p50\":%.3f,\"p99\":%.3f,"
        "\"max\":%.3f},\"del_ms\":{\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f},\"dut_cpu_s\":%.2f}",
        err[0] ? "false" : "true", nv[0], Q(0, .5), Q(0, .99), Q(0, 1), Q(1, .5), Q(1, .99),
        Q(1, 1), dut_cpu() - c0);
    return err[0] ? -1 : 0;
  } else {
    seterr("unknown phase %s", ph);
    return -1;
  }
  t0 = now();
  double lim = t0 + C.timeout, last_v = t0;
  for (;;) {
    poll_once(tdone > 0 ? 5 : 20);
    double t = now();
    if (err[0]) break;
    if (tsend < 0) {
      int busy = 0;
      for (int i = 0; i < C.feeders; i++)
        if (S[i].gen != G_NONE || S[i].txlen) busy = 1;
      if (!busy) tsend = t;
    }
    if (tfirst < 0 && (SUM(rx_nlri, R_SINK) + SUM(rx_wd, R_SINK)) > n0 + w0) tfirst = t;
    int c;
    if (!strcmp(ph, "refresh")) {
      c = 1;
      for (int i = 0; i < nS; i++)
        if ((S[i].role & R_SINK) && S[i].state == S_EST && S[i].since_refresh < S[i].need) c = 0;
      if (sinks_ok != sinks_total) c = 0;
    } else
      c = empty ? all_clear() : sinks_ok == sinks_total;
    if (c) {
      if (tdone < 0) tdone = t;
      if (t - tdone > C.quiet) {
        ok = 1;
        break;
      }
    } else
      tdone = -1;
    if (t > lim) {
      u64 h = 0;
      u32 mn = ~0u;
      for (int i = 0; i < nS; i++)
        if (S[i].role & R_SINK && S[i].state == S_EST) {
          u32 m = empty ? S[i].nhave : S[i].need - S[i].ngood;
          h += m;
          if (m < mn) mn = m;
        }
      seterr("phase %s timed out: %u/%u sinks complete, %llu prefixes outstanding in all", ph,
             sinks_ok, sinks_total, (unsigned long long)h);
      break;
    }
    if (C.verbose && t - last_v > 1) {
      last_v = t;
      vlog("%s: sinks %u/%u, rx nlri %llu wd %llu, send %s", ph, sinks_ok, sinks_total,
           (unsigned long long)(SUM(rx_nlri, R_SINK) - n0),
           (unsigned long long)(SUM(rx_wd, R_SINK) - w0), tsend > 0 ? "done" : "busy");
    }
  }
  double z = first_tx ? first_tx : t0, cq = dut_cpu() - c0;
  if (!strcmp(ph, "late")) {
    double e = 0;
    for (int i = 0; i < nS; i++)
      if (i >= nS - C.late_sinks && S[i].est_at > e) e = S[i].est_at;
    conn = e;
    snprintf(extra, sizeof extra, ",\"establish_s\":%.4f,\"table_after_establish_s\":%.4f", e - z,
             tdone - e);
  }
  (void)conn;
  u64 nl = SUM(rx_nlri, R_SINK) - n0 + SUM(rx_wd, R_SINK) - w0;
  snprintf(out, osz,
           "{\"phase\":\"%s\",\"ok\":%s,\"converge_s\":%.4f,\"send_s\":%.4f,\"first_rx_s\":%.4f,"
           "\"rx_updates\":%llu,\"rx_prefixes\":%llu,\"rx_withdrawn\":%llu,\"rx_bytes\":%llu,\"tx_"
           "updates\":%llu,\"tx_bytes\":%llu,\"prefix_per_s\":%.0f,\"dut_cpu_s\":%.2f,\"dut_rss_"
           "kb\":%ld,\"load_cpu_s\":%.2f%s}",
           ph, ok ? "true" : "false", ok ? tdone - z : -1.0, tsend > 0 ? tsend - z : -1.0,
           tfirst > 0 ? tfirst - z : -1.0, (unsigned long long)(SUM(rx_upd, R_SINK) - u0),
           (unsigned long long)(SUM(rx_nlri, R_SINK) - n0),
           (unsigned long long)(SUM(rx_wd, R_SINK) - w0),
           (unsigned long long)(SUM(rx_bytes, R_SINK) - b0),
           (unsigned long long)(SUM(tx_upd, R_FEED) - tu0),
           (unsigned long long)(SUM(tx_bytes, R_FEED) - tb0), ok ? nl / (tdone - z) : 0.0,
           C.npids ? cq : -1.0, C.npids ? dut_rss("VmRSS:") : -1L, self_cpu() - my0, extra);
  return ok ? 0 : -1;
}

static const char *HELP =
    "bgpload - BGP load generator, sink and verifier (see README.md beside it)\n"
    " DUT:      --peer ADDR  --peer-port 179  --peer-as N   [--sink-peer ADDR] [--sink-peer-as N]  "
    "(sinks may use a second DUT/address)\n"
    " sessions: --src ADDR (first local address; session i uses ADDR+i*step)  --src-step 1\n"
    "           --feeders 1  --sinks 1  --late-sinks 0  --both (every feeder is also a sink: mesh "
    "/ RR clients)\n"
    "           --as N (feeders; == peer-as means iBGP)  --as-step 0  --sink-as N  --passive "
    "[--listen-port 179] (wait for the DUT to connect)\n"
    " routes:   --routes N  --family 4|6  --mode table|k8s  --nodes M (k8s: next hops; default = "
    "feeders)  --nh ADDR (first next hop when it cannot be the session address)\n"
    "           --sets-per-10 4 (table: attribute sets per 10 prefixes)  --per-update 1000  "
    "--overlap (all feeders announce all N; verifies best path)  --unknown-attr\n"
    " session:  --hold 240  --md5 KEY  --ttl N  --ext-msg  --gr  --no-eor\n"
    " verify:   --nexthop auto|same|self|any (auto: unchanged iBGP->iBGP, else any)  --rr (require "
    "ORIGINATOR_ID = feeder id and CLUSTER_LIST)\n"
    " phases:   --phases announce,change,refresh,late,latency,withdraw,drop,up   (default "
    "announce)   --probes 200 --probe-gap-ms 2\n"
    " other:    --timeout 120 (per phase)  --settle 0.5  --quiet 0.3  --pid PID[,PID] (DUT "
    "CPU/RSS)  --label TEXT  --dump-open  -v\n";

int main(int argc, char **argv) {
  static struct option o[] = {{"peer", 1, 0, 'p'},        {"peer-port", 1, 0, 1},
                              {"peer-as", 1, 0, 2},       {"src", 1, 0, 3},
                              {"src-step", 1, 0, 4},      {"feeders", 1, 0, 5},
                              {"sinks", 1, 0, 6},         {"late-sinks", 1, 0, 7},
                              {"both", 0, 0, 8},          {"as", 1, 0, 9},
                              {"as-step", 1, 0, 10},      {"sink-as", 1, 0, 11},
                              {"passive", 0, 0, 12},      {"listen-port", 1, 0, 13},
                              {"routes", 1, 0, 14},       {"family", 1, 0, 15},
                              {"mode", 1, 0, 16},         {"nodes", 1, 0, 17},
                              {"nh", 1, 0, 18},           {"sets-per-10", 1, 0, 19},
                              {"per-update", 1, 0, 20},   {"overlap", 0, 0, 21},
                              {"unknown-attr", 0, 0, 22}, {"hold", 1, 0, 23},
                              {"md5", 1, 0, 24},          {"ttl", 1, 0, 25},
                              {"ext-msg", 0, 0, 26},      {"gr", 0, 0, 27},
                              {"no-eor", 0, 0, 28},       {"nexthop", 1, 0, 29},
                              {"rr", 0, 0, 30},           {"phases", 1, 0, 31},
                              {"probes", 1, 0, 32},       {"probe-gap-ms", 1, 0, 33},
                              {"timeout", 1, 0, 34},      {"settle", 1, 0, 35},
                              {"quiet", 1, 0, 36},        {"pid", 1, 0, 37},
                              {"label", 1, 0, 38},        {"dump-open", 0, 0, 39},
                              {"sink-peer", 1, 0, 40},    {"sink-peer-as", 1, 0, 41},
                              {"help", 0, 0, 'h'},        {0, 0, 0, 0}};
  C.port = C.listen_port = 179;
  C.feeders = C.sinks = 1;
  C.src_step = 1;
  C.n = 10000;
  C.fam = 4;
  C.sets10 = 4;
  C.per_update = 1000;
  C.hold = 240;
  C.eor = 1;
  C.timeout = 120;
  C.settle = 0.5;
  C.quiet = 0.3;
  C.probes = 200;
  C.probe_gap_ms = 2;
  C.label = "";
  char *phs = strdup("announce");
  int c, have_src = 0, have_nh = 0;
  while ((c = getopt_long(argc, argv, "vh", o, NULL)) != -1)
    switch (c) {
    case 'p':
      if (!parse_addr(optarg, &C.peer)) die("bad --peer");
      break;
    case 1:
      C.port = atoi(optarg);
      break;
    case 2:
      C.peer_as = strtoul(optarg, 0, 10);
      break;
    case 3:
      if (!parse_addr(optarg, &C.src)) die("bad --src");
      have_src = 1;
      break;
    case 4:
      C.src_step = atoi(optarg);
      break;
    case 5:
      C.feeders = atoi(optarg);
      break;
    case 6:
      C.sinks = atoi(optarg);
      break;
    case 7:
      C.late_sinks = atoi(optarg);
      break;
    case 8:
      C.both = 1;
      break;
    case 9:
      C.as = strtoul(optarg, 0, 10);
      break;
    case 10:
      C.as_step = atoi(optarg);
      break;
    case 11:
      C.sink_as = strtoul(optarg, 0, 10);
      break;
    case 12:
      C.passive = 1;
      break;
    case 13:
      C.listen_port = atoi(optarg);
      break;
    case 14:
      C.n = strtoul(optarg, 0, 10);
      break;
    case 15:
      C.fam = atoi(optarg);
      break;
    case 16:
      C.k8s = !strcmp(optarg, "k8s");
      if (!C.k8s && strcmp(optarg, "table")) die("bad --mode");
      break;
    case 17:
      C.nodes = atoi(optarg);
      break;
    case 18:
      if (!parse_addr(optarg, &C.nh)) die("bad --nh");
      have_nh = 1;
      break;
    case 19:
      C.sets10 = atoi(optarg);
      break;
    case 20:
      C.per_update = atoi(optarg);
      break;
    case 21:
      C.overlap = 1;
      break;
    case 22:
      C.unknown_attr = 1;
      break;
    case 23:
      C.hold = atoi(optarg);
      break;
    case 24:
      snprintf(C.md5, sizeof C.md5, "%s", optarg);
      break;
    case 25:
      C.ttl = atoi(optarg);
      break;
    case 26:
      C.ext_msg = 1;
      break;
    case 27:
      C.gr = 1;
      break;
    case 28:
      C.eor = 0;
      break;
    case 29:
      C.nh_mode = !strcmp(optarg, "same")   ? 1
                  : !strcmp(optarg, "self") ? 2
                  : !strcmp(optarg, "any")  ? 3
                                            : 0;
      break;
    case 30:
      C.verify_rr = 1;
      break;
    case 31:
      phs = strdup(optarg);
      break;
    case 32:
      C.probes = atoi(optarg);
      break;
    case 33:
      C.probe_gap_ms = atof(optarg);
      break;
    case 34:
      C.timeout = atof(optarg);
      break;
    case 35:
      C.settle = atof(optarg);
      break;
    case 36:
      C.quiet = atof(optarg);
      break;
    case 37:
      for (char *p = strtok(optarg, ","); p && C.npids < 16; p = strtok(NULL, ","))
        C.pids[C.npids++] = atoi(p);
      break;
    case 38:
      C.label = optarg;
      break;
    case 39:
      C.dump_open = 1;
      break;
    case 40:
      if (!parse_addr(optarg, &C.sink_peer)) die("bad --sink-peer");
      C.have_sink_peer = 1;
      break;
    case 41:
      C.sink_peer_as = strtoul(optarg, 0, 10);
      break;
    case 'v':
      C.verbose = 1;
      break;
    case 'h':
      fputs(HELP, stdout);
      return 0;
    default:
      fputs(HELP, stderr);
      return 2;
    }
  if (!C.peer_as || !C.as || !have_src) {
    fputs(HELP, stderr);
    return 2;
  }
  if (!C.sink_as) C.sink_as = C.as;
  if (!C.sink_peer_as) C.sink_peer_as = C.peer_as;
  if (!C.have_sink_peer) C.sink_peer = C.peer;
  if (!C.nodes) C.nodes = C.feeders;
  if (C.feeders < 1 || C.n < 1 || (C.fam != 4 && C.fam != 6) || C.sets10 < 1 || C.sets10 > 10)
    die("bad numbers");
  if (C.both && C.overlap) die("--both with --overlap is not supported");
  if (C.k8s && C.overlap) die("--mode k8s with --overlap is not supported");
  if (C.k8s && (C.nodes < C.feeders || C.n < (u32)C.nodes))
    die("k8s: need routes >= nodes >= feeders");
  if (C.k8s) C.n = C.n / C.nodes * C.nodes;
  if (C.src.v6 != C.peer.v6) die("--src and --peer families differ");
  if ((C.fam == 6) != C.src.v6 || (C.k8s && C.nodes != C.feeders)) {
    if (!have_nh || C.nh.v6 != (C.fam == 6)) die("--nh of the route family is needed here");
  }
  for (char *p = strtok(phs, ","); p && C.nph < MAXPH; p = strtok(NULL, ","))
    snprintf(C.phases[C.nph++], 24, "%s", p);
  signal(SIGPIPE, SIG_IGN);
  struct rlimit rl;
  getrlimit(RLIMIT_NOFILE, &rl);
  rl.rlim_cur = rl.rlim_max;
  setrlimit(RLIMIT_NOFILE, &rl);
  T0 = now();
  make_prefixes();
  NS = C.k8s ? (u32)C.nodes : set_of(C.n - 1) + 1;
  if (NS < (u32)C.feeders && !C.overlap) die("fewer attribute sets (%u) than feeders", NS);
  nS = C.feeders + C.sinks + C.late_sinks;
  S = calloc(nS, sizeof *S);
  ep = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < nS; i++) {
    sess_t *s = S + i;
    s->id = i;
    s->fd = s->lfd = -1;
    s->src = addr_add(C.src, (u32)i * C.src_step);
    s->rid = s->src.v6 ? 0x0a630001U + (u32)i : g32(s->src.b);
    s->dport = C.port;
    s->role = i < C.feeders ? R_FEED | (C.both ? R_SINK : 0) : R_SINK;
    s->late = i >= C.feeders + C.sinks;
    int pure = i >= C.feeders;
    s->dst = pure ? C.sink_peer : C.peer;
    s->peer_as = pure ? C.sink_peer_as : C.peer_as;
    s->as = pure ? C.sink_as : C.as + (u32)i * C.as_step;
    s->peer_as4 = 1;
  }
  for (int i = 0; i < nS; i++) {
    sess_t *s = S + i;
    if (!(s->role & R_SINK)) continue;
    s->have = calloc(1, C.n / 8 + 2);
    s->good = calloc(1, C.n / 8 + 2);
    s->need = C.n;
    if (i < C.feeders) {
      u32 lo = set_first(feed_lo(i)), hi = feed_hi(i) >= NS ? C.n : set_first(feed_hi(i));
      s->need -= hi - lo;
    }
    if (!s->late) {
      sinks_total++;
      if (!s->need) sinks_ok++;
    }
  }
  for (u32 s = 0; s < NS && !C.overlap; s += 1 + NS / 4096) {
    u32 f = owner_of(s);
    if (s < feed_lo(f) || s >= feed_hi(f)) die("internal: owner_of(%u)=%u", s, f);
  }
  double ts = now();
  char *out = malloc(65536);
  int ol = 0, rc = 0;
  for (int i = 0; i < nS; i++)
    if (!S[i].late) {
      s_start(S + i);
      if (i % 64 == 63) poll_once(0);
    }
  if (wait_est(0, C.feeders + C.sinks, C.timeout)) rc = 1;
  double te = now() - ts;
  vlog("established %d sessions in %.3f s", C.feeders + C.sinks, te);
  double q = now() + C.settle;
  while (now() < q && !rc)
    poll_once(20);
  for (int i = 0; i < nS && !rc; i++)
    if (S[i].state == S_EST && !S[i].peer_mp && C.fam != 4) {
      seterr("DUT did not offer the address family");
      rc = 1;
    }
  long rss0 = C.npids ? dut_rss("VmRSS:") : -1;
  for (int i = 0; i < C.nph && !rc; i++) {
    char b[2048];
    b[0] = 0;
    if (run_phase(C.phases[i], b, sizeof b)) rc = 1;
    ol += snprintf(out + ol, 65536 - ol, "%s%s", i && b[0] ? "," : "", b);
  }
  if (bad_unknown_pfx || (bad_attr && !C.overlap)) rc = 1;
  printf("{\"tool\":\"bgpload\",\"version\":1,\"label\":\"%s\",\"ok\":%s,\"error\":\"%s%s%s\","
         "\"mode\":\"%s\",\"family\":%d,\"routes\":%u,\"attr_sets\":%u,\"feeders\":%d,\"sinks\":%d,"
         "\"both\":%s,\"overlap\":%s,\"establish_s\":%.4f,\"phases\":[%s],\"bad_attr\":%llu,"
         "\"unexpected_prefix\":%llu,\"duplicate_rx\":%llu,\"withdraw_unknown\":%llu,"
         "\"notifications\":%llu,\"dut_rss_start_kb\":%ld,\"dut_rss_peak_kb\":%ld",
         C.label, rc ? "false" : "true", err, err[0] && badmsg[0] ? "; " : "", badmsg,
         C.k8s ? "k8s" : "table", C.fam, C.n, NS, C.feeders, C.sinks, C.both ? "true" : "false",
         C.overlap ? "true" : "false", te, out, (unsigned long long)bad_attr,
         (unsigned long long)bad_unknown_pfx, (unsigned long long)dup_rx,
         (unsigned long long)wd_unknown, (unsigned long long)notif_rx, rss0,
         C.npids ? dut_rss("VmHWM:") : -1L);
  if (C.dump_open) {
    printf(",\"dut_open\":\"");
    for (int i = 0; i < S[0].open_len; i++)
      printf("%02x", S[0].open_hex[i]);
    printf("\"");
  }
  printf("}\n");
  for (int i = 0; i < nS; i++)
    if (S[i].state == S_EST) {
      u8 m[21];
      msg_hdr(m, MSG_NOTIF);
      m[19] = 6;
      m[20] = 3;
      if (!S[i].txlen) {
        ssize_t r = send(S[i].fd, m, msg_fin(m, m + 21), MSG_NOSIGNAL | MSG_DONTWAIT);
        (void)r;
      }
    }
  for (int i = 0; i < nS; i++)
    if (S[i].fd >= 0) close(S[i].fd);
  return rc;
}
