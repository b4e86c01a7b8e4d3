#include "hooks/place.h"

#include "hooks/addr.h"

/* Takes the name if the policy says more of it than of the one that stands. */
static void weigh(struct place *p, struct str name, bool learned)
{
    enum load_declared how = load_declares(name, p->port);

    if (how <= p->how || name.len == 0 || name.len > PLACE_NAME)
        return;
    p->how = how;
    memcpy(p->name, name.ptr, name.len);
    p->name_len = name.len;
    p->learned = learned;
}

bool place_of(const struct sockaddr *to, socklen_t len, struct place *ret_place)
{
    char text[ADDR_TEXT];
    struct addr at;
    struct str name;

    ret_place->name_len = 0;
    ret_place->how = DECLARED_NOT;
    ret_place->learned = false;
    if (!addr_of(to, len, &at))
        return false;
    ret_place->port = at.port;
    for (size_t i = 0; addr_next(&at, &i, &name);)
        weigh(ret_place, name, /* learned */ true);
    weigh(ret_place, addr_text(&at, text), false);
    return true;
}
