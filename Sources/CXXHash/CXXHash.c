#define XXH_INLINE_ALL
#include <xxhash.h>

#include "CXXHash.h"

static XXH3_state_t *inner(cxxhash_state *state) { return (XXH3_state_t *)(void *)state; }
static const XXH3_state_t *inner_const(const cxxhash_state *state) { return (const XXH3_state_t *)(const void *)state; }

cxxhash_state *cxxhash_create(uint64_t seed) {
    XXH3_state_t *state = XXH3_createState();
    if (!state) return NULL;
    XXH3_128bits_reset_withSeed(state, seed);
    return (cxxhash_state *)(void *)state;
}

void cxxhash_free(cxxhash_state *state) { XXH3_freeState(inner(state)); }

void cxxhash_copy(cxxhash_state *to, const cxxhash_state *from) { XXH3_copyState(inner(to), inner_const(from)); }

void cxxhash_reset(cxxhash_state *state, uint64_t seed) { XXH3_128bits_reset_withSeed(inner(state), seed); }

void cxxhash_update(cxxhash_state *state, const void *bytes, size_t count) {
    if (count) XXH3_128bits_update(inner(state), bytes, count);
}

cxxhash_digest cxxhash_digest_of(const cxxhash_state *state) {
    XXH128_hash_t hash = XXH3_128bits_digest(inner_const(state));
    cxxhash_digest digest = {hash.high64, hash.low64};
    return digest;
}
