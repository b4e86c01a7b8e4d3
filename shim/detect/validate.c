#include "detect/validate.h"

#define ZLIB_CONST
#include <zlib.h>

#include "detect/base64.h"
#include "detect/checksum.h"
#include "detect/ids.h"
#include "detect/net.h"
#include "detect/top.h"
#include "detect/wallet.h"

/*
 * One function for each validator, all over the finding's bytes alone. Numbers
 * may be written with the usual separators; which ones stands at each.
 */

/* Issuer ranges and the lengths in use there. */
static const struct brand {
    unsigned from, to; /* of the first `digits` digits */
    unsigned digits;
    unsigned lengths; /* bit set */
} brands[] = {
    {4, 4, 1, 1u << 13 | 1u << 16 | 1u << 19},              /* Visa */
    {51, 55, 2, 1u << 16},                                  /* Mastercard */
    {2221, 2720, 4, 1u << 16},                              /* the newer */
    {34, 34, 2, 1u << 15},                                  /* Amex */
    {37, 37, 2, 1u << 15},                                  /* Amex */
    {300, 305, 3, 1u << 14 | 1u << 16},                     /* Diners */
    {36, 36, 2, 1u << 14 | 1u << 16 | 1u << 19},            /* Diners */
    {38, 39, 2, 1u << 14 | 1u << 16 | 1u << 19},            /* Diners */
    {6011, 6011, 4, 1u << 16 | 1u << 19},                   /* Discover */
    {644, 649, 3, 1u << 16 | 1u << 19},                     /* Discover */
    {65, 65, 2, 1u << 16 | 1u << 19},                       /* Discover */
    {62, 62, 2, 1u << 16 | 1u << 17 | 1u << 18 | 1u << 19}, /* UnionPay */
    /* JCB issues from 3528 to 3589; made-up numbers use all of 35. */
    {35, 35, 2, 1u << 16 | 1u << 17 | 1u << 18 | 1u << 19},
    {50, 50, 2, 0xff000},                                       /* Maestro */
    {56, 58, 2, 0xff000},                                       /* Maestro */
    {63, 63, 2, 0xff000},                                       /* Maestro */
    {67, 67, 2, 0xff000},                                       /* Maestro */
    {1800, 1800, 4, 1u << 15},                                  /* JCB */
    {2131, 2131, 4, 1u << 15},                                  /* JCB */
    {2200, 2204, 4, 1u << 16 | 1u << 17 | 1u << 18 | 1u << 19}, /* Mir */
};

static bool is_card(struct str s)
{
    char d[19];
    size_t n = digits_of(s, " -.", d, sizeof(d));

    if (n < 12 || longest_equal(d, n) == n)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(brands); i++) {
        unsigned head = number(d, brands[i].digits);

        if (head >= brands[i].from && head <= brands[i].to &&
            (brands[i].lengths >> n & 1) != 0)
            return luhn_ok(d, n);
    }
    return false;
}

static bool is_luhn(struct str s)
{
    char d[32];
    size_t n = digits_of(s, " -.", d, sizeof(d));

    return n >= 2 && luhn_ok(d, n);
}

/* US social security number: three, two and four digits. */
static bool is_ssn(struct str s)
{
    static const char *const samples[] = {"078051120", "219099999", "123456789",
                                          "457555462"};
    char d[9];
    size_t n = digits_of(s, " -.", d, sizeof(d));
    unsigned area;

    if (n != 9 || longest_equal(d, n) == n)
        return false;
    area = number(d, 3);
    if (area == 0 || area == 666 || area >= 900 || number(d + 3, 2) == 0 ||
        number(d + 5, 4) == 0)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++)
        if (!memcmp(d, samples[i], 9))
            return false;
    return true;
}

/*
 * North American numbers: area and exchange begin with 2-9 and are no service
 * codes (N11). International ones (E.164): + or 00, a country code that does
 * not begin with 0, 8 to 15 digits; without + there must be structure.
 */
static bool is_phone(struct str s)
{
    char d[17];
    size_t n = digits_of(s, " -.()/+", d, sizeof(d));
    const char *nanp = d;
    bool plus = s.len != 0 && s.ptr[0] == '+';

    if (n < 10 || longest_equal(d, n) == n || longest_ascent(d, n) > 7)
        return plus && n >= 8 && n <= 15 && d[0] != '0' &&
               longest_equal(d, n) < n && longest_ascent(d, n) <= 7;
    if (plus && d[0] != '1')
        return n <= 15 && d[0] != '0';
    if (n >= 12 && d[0] == '0' && d[1] == '0')
        return n <= 17 && d[2] != '0';
    if (n == 11 && d[0] == '1')
        nanp = d + 1;
    else if (n != 10)
        return !plus && n <= 15 && n != s.len;
    if (d[0] == '0') /* a national number: trunk prefix, area, subscriber */
        return n != s.len;
    return nanp[0] >= '2' && nanp[3] >= '2' &&
           (nanp[1] != '1' || nanp[2] != '1') &&
           (nanp[4] != '1' || nanp[5] != '1') &&
           memcmp(nanp + 3, "55501", 5) != 0;
}

/* JSON enough to see the header of a token: an object with a member "alg". */
static bool is_jwt(struct str s)
{
    struct str head = str_split(&s, '.');
    struct str body = str_split(&s, '.');
    char out[768];
    size_t n;

    if (body.len < 4 || s.ptr == NULL ||
        !base64_decode(head, out, sizeof(out), &n) || n < 2)
        return false;
    head = str_trim((struct str){out, n});
    return head.len > 2 && head.ptr[0] == '{' &&
           head.ptr[head.len - 1] == '}' &&
           str_find(head, STR("\"alg\"")) != head.len;
}

/* ghp_ and its relatives, npm_: 30 characters and their CRC-32 in base62; of
 * vcp_ and its relatives 50. */
static bool is_github(struct str s)
{
    static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz";
    size_t at = str_find_byte(s, '_');
    struct str rest = str_skip(s, at + 1);
    size_t n = rest.len - 6;
    uint32_t crc;

    if (at == s.len || (rest.len != 36 && rest.len != 56))
        return false;
    crc = (uint32_t)crc32(0, (const Bytef *)rest.ptr, (uInt)n);
    for (size_t i = rest.len; i > n; i--) {
        if (rest.ptr[i - 1] != base62[crc % 62])
            return false;
        crc /= 62;
    }
    return true;
}

/* RFC 1035 2.3.4 and RFC 5321 4.5.3.1: 63 a label, 255 in all, 64 before @. The
 * last label is one that there is. */
static bool is_email(struct str s)
{
    size_t at = str_find_byte(s, '@');
    struct str local = str_head(s, at), rest = str_skip(s, at + 1);
    struct str label = {0};
    size_t labels = 0;

    if (at == s.len || local.len == 0 || local.len > 64 || rest.len > 255 ||
        local.ptr[0] == '.' || local.ptr[local.len - 1] == '.' ||
        str_find(local, STR("..")) != local.len || rest.len == 0)
        return false;
    while (rest.ptr != NULL) {
        label = str_split(&rest, '.');
        labels++;
        if (label.len == 0 || label.len > 63 || label.ptr[0] == '-' ||
            label.ptr[label.len - 1] == '-')
            return false;
    }
    if (labels < 2 || label.len < 2)
        return false;
    if (str_eq_nocase(str_head(label, 4), STR("xn--")))
        return label.len > 4;
    return is_top_level(label);
}

/* The label of "-----BEGIN label-----" in *s, which moves behind the line. */
static struct str pem_line(struct str *s, struct str word)
{
    size_t at = str_find(*s, word), end;
    struct str rest = str_skip(*s, at + word.len), label;

    end = str_find(rest, STR("-----"));
    if (at == s->len || end == rest.len)
        return (struct str){0};
    label = str_head(rest, end);
    *s = str_skip(rest, end + 5);
    return label;
}

/* Headers, as of an encrypted key, are allowed; a body is needed. */
static bool is_pem(struct str s)
{
    struct str label = pem_line(&s, STR("-----BEGIN "));
    size_t end = str_find(s, STR("-----END ")), good = 0;

    if (label.len == 0 || end == s.len)
        return false;
    for (size_t i = 0; i < end; i++)
        if (is_alpha(s.ptr[i]) || is_digit(s.ptr[i]) || s.ptr[i] == '+' ||
            s.ptr[i] == '/')
            good++;
    return good >= 40 && str_eq(pem_line(&s, STR("-----END ")), label);
}

static bool is_aba(struct str s)
{
    char d[9];
    size_t n = digits_of(s, " -", d, sizeof(d));
    unsigned head, sum = 0;

    if (n != 9)
        return false;
    head = number(d, 2);
    if (head == 0 || (head > 12 && head < 21) || (head > 32 && head < 61) ||
        (head > 72 && head != 80))
        return false;
    for (size_t i = 0; i < 9; i++)
        sum += (unsigned)(d[i] - '0') * (i % 3 == 0 ? 3 : i % 3 == 1 ? 7 : 1);
    return sum % 10 == 0;
}

static const struct {
    struct str name;
    bool (*check)(struct str);
} validators[VALID_COUNT] = {
    [VALID_NONE] = {STR_INIT("none"), NULL},
    [VALID_LUHN] = {STR_INIT("luhn"), is_card},
    [VALID_IBAN] = {STR_INIT("iban"), iban_ok},
    [VALID_SSN] = {STR_INIT("ssn"), is_ssn},
    [VALID_PHONE] = {STR_INIT("phone"), is_phone},
    [VALID_JWT] = {STR_INIT("jwt"), is_jwt},
    [VALID_GITHUB_CRC] = {STR_INIT("github-crc"), is_github},
    [VALID_EMAIL] = {STR_INIT("email"), is_email},
    [VALID_PEM] = {STR_INIT("pem"), is_pem},
    [VALID_ABA] = {STR_INIT("aba"), is_aba},
    [VALID_LUHN_ANY] = {STR_INIT("luhn-any"), is_luhn},
    [VALID_BASE58] = {STR_INIT("base58check"), base58check_ok},
    [VALID_BITCOIN] = {STR_INIT("bitcoin"), bitcoin_ok},
    [VALID_ETHEREUM] = {STR_INIT("ethereum"), ethereum_ok},
    [VALID_IP] = {STR_INIT("ip"), ip_ok},
    [VALID_IP_PUBLIC] = {STR_INIT("ip-public"), ip_public_ok},
    [VALID_MAC] = {STR_INIT("mac"), mac_ok},
    [VALID_US_ITIN] = {STR_INIT("us-itin"), id_us_itin},
    [VALID_US_NPI] = {STR_INIT("us-npi"), id_us_npi},
    [VALID_US_DEA] = {STR_INIT("us-dea"), id_us_dea},
    [VALID_US_MBI] = {STR_INIT("us-mbi"), id_us_mbi},
    [VALID_CA_SIN] = {STR_INIT("ca-sin"), id_ca_sin},
    [VALID_DE_TAX] = {STR_INIT("de-tax-id"), id_de_tax},
    [VALID_DE_VAT] = {STR_INIT("de-vat"), id_de_vat},
    [VALID_DE_CARD] = {STR_INIT("de-id-card"), id_de_card},
    [VALID_DE_PASSPORT] = {STR_INIT("de-passport"), id_de_passport},
    [VALID_DE_HEALTH] = {STR_INIT("de-health"), id_de_health},
    [VALID_DE_PENSION] = {STR_INIT("de-pension"), id_de_pension},
    [VALID_DE_DOCTOR] = {STR_INIT("de-lanr"), id_de_doctor},
    [VALID_DE_PRACTICE] = {STR_INIT("de-bsnr"), id_de_practice},
    [VALID_ES_NIF] = {STR_INIT("es-nif"), id_es_nif},
    [VALID_ES_NIE] = {STR_INIT("es-nie"), id_es_nie},
    [VALID_FI_HETU] = {STR_INIT("fi-hetu"), id_fi_hetu},
    [VALID_IT_FISCAL] = {STR_INIT("it-fiscal-code"), id_it_fiscal},
    [VALID_IT_VAT] = {STR_INIT("it-vat"), id_it_vat},
    [VALID_PL_PESEL] = {STR_INIT("pl-pesel"), id_pl_pesel},
    [VALID_SE_PERSON] = {STR_INIT("se-personnummer"), id_se_person},
    [VALID_SE_ORGANISATION] = {STR_INIT("se-orgnr"), id_se_organisation},
    [VALID_TR_ID] = {STR_INIT("tr-id"), id_tr_id},
    [VALID_UK_NHS] = {STR_INIT("uk-nhs"), id_uk_nhs},
    [VALID_UK_NINO] = {STR_INIT("uk-nino"), id_uk_nino},
    [VALID_UK_DRIVER] = {STR_INIT("uk-driver"), id_uk_driver},
    [VALID_UK_PLATE] = {STR_INIT("uk-plate"), id_uk_plate},
    [VALID_IN_AADHAAR] = {STR_INIT("in-aadhaar"), id_in_aadhaar},
    [VALID_IN_GSTIN] = {STR_INIT("in-gstin"), id_in_gstin},
    [VALID_IN_PAN] = {STR_INIT("in-pan"), id_in_pan},
    [VALID_IN_PLATE] = {STR_INIT("in-plate"), id_in_plate},
    [VALID_KR_RRN] = {STR_INIT("kr-rrn"), id_kr_rrn},
    [VALID_KR_FRN] = {STR_INIT("kr-frn"), id_kr_frn},
    [VALID_KR_BRN] = {STR_INIT("kr-brn"), id_kr_brn},
    [VALID_KR_DRIVER] = {STR_INIT("kr-driver"), id_kr_driver},
    [VALID_SG_NRIC] = {STR_INIT("sg-nric"), id_sg_nric},
    [VALID_SG_UEN] = {STR_INIT("sg-uen"), id_sg_uen},
    [VALID_TH_ID] = {STR_INIT("th-id"), id_th_id},
    [VALID_PH_TIN] = {STR_INIT("ph-tin"), id_ph_tin},
    [VALID_AU_ABN] = {STR_INIT("au-abn"), id_au_abn},
    [VALID_AU_ACN] = {STR_INIT("au-acn"), id_au_acn},
    [VALID_AU_MEDICARE] = {STR_INIT("au-medicare"), id_au_medicare},
    [VALID_AU_TFN] = {STR_INIT("au-tfn"), id_au_tfn},
    [VALID_ZA_ID] = {STR_INIT("za-id"), id_za_id},
    [VALID_BR_CPF] = {STR_INIT("br-cpf"), id_br_cpf},
    [VALID_BR_CNPJ] = {STR_INIT("br-cnpj"), id_br_cnpj},
    [VALID_MX_CURP] = {STR_INIT("mx-curp"), id_mx_curp},
    [VALID_MX_RFC] = {STR_INIT("mx-rfc"), id_mx_rfc},
    [VALID_BE_PERSON] = {STR_INIT("be-person"), id_be_person},
    [VALID_DK_CPR] = {STR_INIT("dk-cpr"), id_dk_cpr},
    [VALID_FR_NIR] = {STR_INIT("fr-nir"), id_fr_nir},
    [VALID_NL_BSN] = {STR_INIT("nl-bsn"), id_nl_bsn},
    [VALID_NO_PERSON] = {STR_INIT("no-fodselsnummer"), id_no_person},
    [VALID_PL_NIP] = {STR_INIT("pl-nip"), id_pl_nip},
    [VALID_CN_RESIDENT] = {STR_INIT("cn-resident-id"), id_cn_resident},
    [VALID_JP_NUMBER] = {STR_INIT("jp-my-number"), id_jp_number},
    [VALID_VIN] = {STR_INIT("vin"), id_vin},
    [VALID_VIN_CHECKED] = {STR_INIT("vin-checked"), id_vin_checked},
    [VALID_IMEI] = {STR_INIT("imei"), id_imei},
    [VALID_AR_CUIT] = {STR_INIT("ar-cuit"), id_ar_cuit},
    [VALID_CL_RUT] = {STR_INIT("cl-rut"), id_cl_rut},
    [VALID_AT_INSURANCE] = {STR_INIT("at-svnr"), id_at_insurance},
    [VALID_IE_PPS] = {STR_INIT("ie-pps"), id_ie_pps},
    [VALID_PT_NIF] = {STR_INIT("pt-nif"), id_pt_nif},
    [VALID_CH_AHV] = {STR_INIT("ch-ahv"), id_ch_ahv},
    [VALID_BG_EGN] = {STR_INIT("bg-egn"), id_bg_egn},
    [VALID_HR_OIB] = {STR_INIT("hr-oib"), id_hr_oib},
    [VALID_CZ_BIRTH] = {STR_INIT("cz-birth-number"), id_cz_birth},
    [VALID_RO_CNP] = {STR_INIT("ro-cnp"), id_ro_cnp},
    [VALID_RU_SNILS] = {STR_INIT("ru-snils"), id_ru_snils},
    [VALID_HK_CARD] = {STR_INIT("hk-id"), id_hk_card},
    [VALID_TW_CARD] = {STR_INIT("tw-id"), id_tw_card},
    [VALID_IL_ID] = {STR_INIT("il-id"), id_il_id},
    [VALID_BALTIC] = {STR_INIT("baltic-code"), id_baltic},
    [VALID_LV_PERSON] = {STR_INIT("lv-personas-kods"), id_lv_person},
    [VALID_UA_TAXPAYER] = {STR_INIT("ua-rnokpp"), id_ua_taxpayer},
    [VALID_RU_TAXPAYER] = {STR_INIT("ru-inn"), id_ru_taxpayer},
    [VALID_KZ_PERSON] = {STR_INIT("kz-iin"), id_kz_person},
    [VALID_JMBG] = {STR_INIT("jmbg"), id_jmbg},
    [VALID_GR_TAXPAYER] = {STR_INIT("gr-afm"), id_gr_taxpayer},
    [VALID_GR_INSURANCE] = {STR_INIT("gr-amka"), id_gr_insurance},
    [VALID_HU_INSURANCE] = {STR_INIT("hu-taj"), id_hu_insurance},
    [VALID_HU_TAXPAYER] = {STR_INIT("hu-tax"), id_hu_taxpayer},
    [VALID_CO_NIT] = {STR_INIT("co-nit"), id_co_nit},
    [VALID_DO_CEDULA] = {STR_INIT("do-cedula"), id_do_cedula},
    [VALID_EC_CEDULA] = {STR_INIT("ec-cedula"), id_ec_cedula},
    [VALID_PE_RUC] = {STR_INIT("pe-ruc"), id_pe_ruc},
    [VALID_UY_CEDULA] = {STR_INIT("uy-cedula"), id_uy_cedula},
    [VALID_IS_PERSON] = {STR_INIT("is-kennitala"), id_is_person},
    [VALID_FR_TAX] = {STR_INIT("fr-spi"), id_fr_tax},
    [VALID_UK_UTR] = {STR_INIT("uk-utr"), id_uk_utr},
    [VALID_AE_ID] = {STR_INIT("ae-id"), id_ae_id},
    [VALID_IR_PERSON] = {STR_INIT("ir-national-code"), id_ir_person},
    [VALID_KW_CIVIL] = {STR_INIT("kw-civil-id"), id_kw_civil},
    [VALID_SA_ID] = {STR_INIT("sa-id"), id_sa_id},
    [VALID_NZ_IRD] = {STR_INIT("nz-ird"), id_nz_ird},
    [VALID_LU_PERSON] = {STR_INIT("lu-matricule"), id_lu_person},
    [VALID_PASSPORT_ZONE] = {STR_INIT("passport-zone"), id_passport_zone},
    [VALID_PL_CARD] = {STR_INIT("pl-dowod"), id_pl_card},
    [VALID_NZ_HEALTH] = {STR_INIT("nz-nhi"), id_nz_health},
    [VALID_CA_HEALTH] = {STR_INIT("ca-bc-phn"), id_ca_health},
    [VALID_BR_CNS] = {STR_INIT("br-cns"), id_br_cns},
    [VALID_MX_CLABE] = {STR_INIT("mx-clabe"), id_mx_clabe},
    [VALID_BY_PERSON] = {STR_INIT("by-person"), id_by_person},
    [VALID_ES_INSURANCE] = {STR_INIT("es-nuss"), id_es_insurance},
    [VALID_UK_VAT] = {STR_INIT("uk-vat"), id_uk_vat},
    [VALID_LITECOIN] = {STR_INIT("litecoin"), litecoin_ok},
};

bool validator_from(struct str name, enum validator *ret_v)
{
    for (size_t i = 0; i < VALID_COUNT; i++)
        if (str_eq(name, validators[i].name)) {
            *ret_v = (enum validator)i;
            return true;
        }
    return false;
}

struct str validator_name(enum validator v)
{
    return (unsigned)v < VALID_COUNT ? validators[v].name : STR("?");
}

bool validate(enum validator v, struct str value)
{
    if ((unsigned)v >= VALID_COUNT)
        return false;
    return validators[v].check == NULL || validators[v].check(value);
}
