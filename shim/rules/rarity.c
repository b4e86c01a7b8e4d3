#include "rules/rarity.h"

/* Letters, white space, and all other bytes. */
#define CLASSES 28u
#define SPACE   26u
#define OTHER   27u

/*
 * What is counted is half English text, manuals and talk (10 MB), and half
 * source code of ten languages (14 MB), white space of any length as one.
 */

/* How often each stands there: 4 * log2 of its share in 10^4. */
static const unsigned char singles[CLASSES] = {
    36, 29, 33, 33, 39, 31, 29, 31, 36, 18, 23, 34, 31, 36,
    36, 31, 18, 36, 37, 38, 32, 25, 25, 23, 27, 16, 42, 43};

/* The same of single bytes from the space on but for letters, 2 * log2: 'a' if
 * it is one in 10^4 or less, as all others are. */
static const char others[] = "vfmkjeiknmkhnnolklliihihhhmkhmjfh"
                             "aaaaaaaaaaaaaaaaaaaaaaaaaaikibph"
                             "aaaaaaaaaaaaaaaaaaaaaaaaaajhje";

/* How often two stand side by side: 'a' - 4 + 2 * log2 of their share in 10^6.
 */
static const char pairs[CLASSES][29] = {
    "irtsjmrfsgovtwcqhvuwqplnphtr", "qinisggdpnfshgsjaomkrdcgpdoq",
    "tjpktigtqbrslhwldqntqhhnmaqt", "rkkpwjjhtejnijrkdnpkoighlawv",
    "tnuvrspjnhitswnrpxwukqptqeyx", "qhjlppfeuaapgitjaqmopdeamavs",
    "mhnhtfkoqagojonjbppmpifajjss", "tdfhwefctacpjirgbnkqmadaifsr",
    "qrtsrurbicktrxuqprvveplnappq", "jacbpaaafacacalhcbpakaaaaagk",
    "lehhsgkcnacifjjgagnilghacapq", "tkksvqihvpitiitncirrrjieqhtt",
    "upilvgecqcgnqjrsahojoeecnass", "tisvuquhrfookotncjvvqnfenewu",
    "nrsslsohomnttxqscwqsuprkifur", "tfkmuiinpaksjlspetosqhgeocqs",
    "cbaabaaaaaafaaacbeecsagaaakl", "ulppxmqhuanpqruldrssqnkeqbvu",
    "thqkwkkrtannlkrriktwrildqcxw", "uipownhxvejomjvqbusrrhmlseww",
    "oqppsnnbpaesqtjqatttbjajbcop", "rggctdedqaafifnhadhgedcabakp",
    "qefhpcdqsadifmpeannheajaaapp", "mcmfmhacnaadmbgoackpcaaojdor",
    "jhijkfhclabllooralondflabcts", "kaaapccbiaafhljaacfggaaaccim",
    "wvwuuvsrwmptutvumuxxtrtnpla{", "tsutttrstmpsttrtmsvurqppko|}",
};

/*
 * Four that stand in text far more often than their pairs say: their first two,
 * and all that they go on with, up to a full stop.
 */
static const char often[] =
    "abou.accoe h k teti.add er.agese s .ailane.alicidizlol se p.amese pl.ana"
    "gcedsd genes y  b e.aracd e gesetiy .asicsesis .ata ede foicorteurus.aut"
    "h.ave .ays .a cofure.beforsr  a s.bina.blede ic.bout.bran.butet .by t.ca"
    "chl n setetius.ccou.censrt.chanareco  a.cket.clea.codelondnnnsntnvun.cte"
    "dor.cumeri.c co.date.ddit.defif lensperrrsr ta.dingrer sascstti.d beboen"
    "initlinoofthtowi.eachded m tetu.echotitotst urut.edia a f i o t w.eed n "
    ".eferinul.egin.eleaecetl se.emenplpt.enabamced ergtsetitltst .epenlatit "
    ".equaueui.eratbonas tityvevi a o t.esoupaposasis  a t.etaiti t.evelen.ex"
    "isitpoprtr.e a codeenexflfoinislinanenonupaprresospthtous.ferer .ficac l"
    "tneni.foll.fter.f a bocoitth.genet .giont .g a thto.handngnnras t ve c.h"
    "en r  a c d e f g l m n o p r s u v.hich.hout.h th.ialil .icalatenh .ied"
    " nts .iffeicy  b c i n t.ike .ilese te.incldoede fogsg itk stte t.ionans"
    "n .isabplsitr a c f g n p.iterh iaiolesis tey .ive .izate .lablcestteti."
    "ld b i.leasctd mengsste.lfor.liceciennequstty.lledy  c.losewew .lsece .l"
    "ter.luese st.l be.mageinkendy .mentnurgsstath.mit .mmen.modiry.mporut.m "
    "prth.nagel .nce od.nden d e l.nectd raxt.nfor.ng a o t.ningshti.nlin.non"
    "ermteti o.nsigtat  b c m o.ntegenerexiarys .n a beexkemaofreth.ocalatesk"
    "ek .odele .of a.oken.olfoicloorum.ommepapiplprpu t.onaldee fimeo stta o "
    "t.openerts.orded igk tst  a d e m t.otheoc.oud ndntr t .over.own .o a be"
    "bothus.pacegetcthtt.pectnandrarlrmrt.pileng.planatemicie.polins.ppli.pre"
    "fesevinom.pute.quer.ractisitm nstetito.rcese .rder.reatcte femontplpoqus"
    "ospsssu.rget.ribeefesf gingnttety.rmatinis.rnalin t.roceper tow .rren.rs"
    "hi.rteds .rue n .rver.rypt.r a mothto.sabl.scal.sed e lerirtt .singti.so"
    "mert.splaon.sser.stanaratdeemorre.s anara bocoexfofrgrinmorethtous.tabli"
    "linlillnctetitu.tder.ted msm rarmrnrsr stxt.tfor.thate isodroub a t.time"
    "ngve.tokery a b c d e g l m p r s t u.tracaneaeeinol.ts a i t.tter.ture."
    "t behaisnoreshsuthto.ubli.uch .ude  a.uest.ulard l .umen.urns.usedere in"
    "tet .utilio.vali.ventrtryr .visi.wares .whenil.wind.woul.xit .xpre.xten."
    "ypenese .yre .y th.zero.";
#define OFTEN 5u /* what they weigh more */

static const char very_often[] =
    "aaaa.abille.accekakgku.addidrmi.afte.ailsts.ajor.algolblyphsouewa.andlno"
    "sf.api pepl.aramchgsgugvianira.ask swyn.atchioivtr.augmltto.avaioi.awai."
    "axim.azur.a ne.backsesi.bcxx.beengihatw u.bilits.bjec.bliqoc.bodyldol.bp"
    "ro.brareaie.bsol.btre.buckffil.byte.callrd.ccepes.ceivptss.chun.cialesfi"
    "fy.ckaggrup.clasieosouudus.commmpnfokpy.creaibipyp.ctioivlyuax .curlrrrs"
    ".cycl.c li.daemrdta.ddre.debufasc.diffsp.dler.docscueswnwsw .dpkgoi.draw"
    "es.dsdk.ducele.d byob.eadyrc.ebiaug.eceiiaif.ed b.eerr.efauix.egexioul.e"
    "hav.eighr ve.elemp .embeov.ency.eof ut.erifmirosi.escrul.etchtyurwo.eway"
    ".examceec g.eywo.e ofyo.faceillsul.feattc.ffecerse.fiedelgulersxex .flag"
    "ateeoaow.formrwr .fpri.frameeom.fset.ftwa.fulll nc.fyin.f noyo.gate.gclo"
    ".gems.gger.ght .give.glibob.gmen.gnedoru .goog.gramapou.gth .guaglamera."
    "gyre.gzip.hash.headckirlprw.hiftghs  d.hljs.hodsokstulw .hreaow.htmltp.h"
    "unk.h a .iabl.ibcxraut.ic c l v.idth.ield.ifieyi y.iggehtnanenour.ikip.i"
    "labl .imageoitplpoum.inputfux.ipti.ique.irecst.italem.iweest.izeo.i de.j"
    "ava.jecttt.johnin.jpeg.json.just.kage.keepysywy .kgro.killng.know.kubep "
    ".lagssstf.lbac.ld o.left.lgor.libcbrcyc ghkemink.llbaocow b.loadcackggok"
    "opud.lpha.lrea.lso .ltip.ludegimn.lway.lzma.majop rksktcxi.mberol.membou"
    ".mighsstt.mlse.mmanit.mngr.modedunove.mpillalety.multm st.m nu.nablmery."
    "ncieluryti.ndleow.needtwwsw .nfig.ngthua.nkno.nlesy .nmen.nnecelinot.nod"
    "eexpst wn b.nput.nsedfoslwe.ntaiaxly.nullmbm  g.nvir.n yo.oad .objeli.oc"
    "um.oducul.oesns xc.offstw t.oglera.ohns.oid nt.ojec.old ve.ommami.onlyne"
    ".ooglkik lflsl .opsitiyr.orksmawa.ositsi.oughldp rctp a c m n w.ovid.own"
    "e.o avnoob.packddirrarsrtss.pdat.peciofrf.pgra.pha .pipe.placayug.poinol"
    "rtsiss.ppor.privocogojopotovox.psis.ptio.publrpsht .pydarith.qualeseuiro"
    "t.ramsphry.rbos.rch .readakamgigutu.rfac.rgum.riabbufyggghpt.rodugrjem n"
    "motupvixy.rpos.rrayorow.rsio.rubyctnn.rvic.rwaris.r exof.safegens.scapii"
    "ri.seeklfrv.sfor.shipouow.signonweze.skip.slts.socickftlvur.spacdxec.ssa"
    "gibigiowo.stdoriruyl.subjbmbpbsbtb ccchltpp.swerit.symbncnontn st.s noob"
    "of.targrtsk.tch .tdou.temprp.tialc ontl.tly .tnam.tool.tput.traiiboyucue"
    ".tsiw.ttpsri.tualrn.twareeoro .tylepe.t ofyo.uagel .ubprsttr d p.uccet ."
    "udsd.ueryue.uffe.ugh .uildltre.ullytitst .umbe.unctdlknleni.uote.updagrp"
    "o.urcel n pore.usag.utpu.u arcane.vailluri.verbrs.vicedeewrort.void.wait"
    "rdrnys.websig.whic.widtkilltcth.wordrk.wrapit.xamp.xcep.xecu.ximust.xmls"
    ".xpecor.xslt.xtgrra.x gy.yaml.ydan.ying.yloa.ymbo.ynamc opta k m.youru ."
    "yrig.yste.ytesho.ywor.y of.zati.zeof.zip .znksst.zone.";
#define VERY_OFTEN 10u

/* And what those weigh less that are taken already: with more, keywords are
 * looked for by few that are often, with less by many. */
#define TAKEN 8u

static unsigned char class_of(char c)
{
    unsigned letter = (unsigned)((unsigned char)c | 0x20u) - 'a';

    return (unsigned char)(letter < 26 ? letter : c == ' ' ? SPACE : OTHER);
}

/* Where in the table four of them are. */
static unsigned slot(const unsigned char *c)
{
    uint32_t four = c[0] + 32u * (c[1] + 32u * (c[2] + 32u * c[3]));

    return four * UINT32_C(0x9e3779b1) >> (32 - RARITY_BITS);
}

static void read_list(struct rarity_table *t, const char *list,
                      unsigned char weight)
{
    unsigned char c[4];

    for (; *list != '\0'; list++) {
        c[0] = class_of(*list++);
        c[1] = class_of(*list++);
        for (; *list != '.'; list += 2) {
            c[2] = class_of(list[0]);
            c[3] = class_of(list[1]);
            t->more[slot(c)] = weight;
        }
    }
}

void rarity_table(struct rarity_table *ret)
{
    *ret = (struct rarity_table){0};
    read_list(ret, often, OFTEN);
    read_list(ret, very_often, VERY_OFTEN);
}

/* What a pair, and the byte between two pairs, add to the share of four bytes,
 * as if pairs were independent. */
static unsigned pair(const unsigned char *c)
{
    return (unsigned char)pairs[c[0]][c[1]];
}

static unsigned between(const unsigned char *c)
{
    return singles[*c] / 2u;
}

unsigned rarity_byte(char c)
{
    unsigned char class = class_of(c);
    unsigned at = (unsigned char)c - (unsigned)' ', twice = 0;

    if (class < SPACE)
        return 1u << singles[class] / 4;
    if (at < sizeof(others) - 1)
        twice = (unsigned char)others[at] - (unsigned)'a';
    return 1u << twice / 2;
}

void rarity_read(const struct rarity_table *t, struct str keyword,
                 unsigned ret_shares[LIM_KEYWORD])
{
    size_t n = keyword.len < LIM_KEYWORD ? keyword.len : LIM_KEYWORD;
    unsigned char class[LIM_KEYWORD + 1];

    for (size_t i = 0; i < n; i++)
        class[i] = class_of(keyword.ptr[i]);
    /* What mostly follows. */
    class[n] = n > 0 && class[n - 1] == SPACE ? 't' - 'a' : 'e' - 'a';
    for (size_t i = 0; i + 3 <= n; i++) {
        const unsigned char *c = class + i;

        ret_shares[i] = pair(c) + pair(c + 1) + pair(c + 2) - between(c + 1) -
                        between(c + 2) + t->more[slot(c)];
        if (i + 4 <= n && t->taken[slot(c)])
            ret_shares[i] -= TAKEN;
    }
}

void rarity_take(struct rarity_table *t, struct str keyword, size_t at)
{
    unsigned char class[4];

    if (at + sizeof(class) > keyword.len)
        return;
    for (size_t i = 0; i < sizeof(class); i++)
        class[i] = class_of(keyword.ptr[at + i]);
    t->taken[slot(class)] = true;
}
