#ifndef SP_DETECT_VALIDATE_H
#define SP_DETECT_VALIDATE_H

#include "base/str.h"

/*
 * Second opinions on what a pattern matched: checksums, lengths, structure. A
 * validator sees the finding alone and says whether it can be what it looks
 * like. Names are as in rule files ("luhn", "github-crc").
 */
enum validator {
    VALID_NONE,
    VALID_LUHN,       /* payment card: brand prefix, its lengths, Luhn      */
    VALID_IBAN,       /* ISO 13616: length of the country, mod 97           */
    VALID_SSN,        /* US: area, group and serial in range, no sample     */
    VALID_PHONE,      /* E.164 or North American plan: 10-15 digits, shape  */
    VALID_JWT,        /* RFC 7515: header decodes to an object with "alg"   */
    VALID_GITHUB_CRC, /* prefix_ + 30 or 50 + their CRC-32 in base62      */
    VALID_EMAIL,      /* label lengths of RFC 1035, a top label of letters  */
    VALID_PEM,        /* RFC 7468: BEGIN and END agree, body is base64      */
    VALID_ABA,        /* US routing number: prefix, weighted mod 10         */
    VALID_LUHN_ANY,   /* Luhn over the digits alone                         */
    VALID_BASE58,     /* base58check of a Bitcoin address or key            */
    VALID_BITCOIN,    /* BIP 13, 173, 350: address with its checksum */
    VALID_ETHEREUM,   /* EIP-55 */
    VALID_IP,         /* RFC 4291, 791: an address */
    VALID_IP_PUBLIC,  /* one that may be somebody's */
    VALID_MAC,        /* EUI-48 */
    /* Numbers of people and firms: what is checked stands in ids.h. */
    VALID_US_ITIN,
    VALID_US_NPI,
    VALID_US_DEA,
    VALID_US_MBI,
    VALID_CA_SIN,
    VALID_DE_TAX,
    VALID_DE_VAT,
    VALID_DE_CARD,
    VALID_DE_PASSPORT,
    VALID_DE_HEALTH,
    VALID_DE_PENSION,
    VALID_DE_DOCTOR,
    VALID_DE_PRACTICE,
    VALID_ES_NIF,
    VALID_ES_NIE,
    VALID_FI_HETU,
    VALID_IT_FISCAL,
    VALID_IT_VAT,
    VALID_PL_PESEL,
    VALID_SE_PERSON,
    VALID_SE_ORGANISATION,
    VALID_TR_ID,
    VALID_UK_NHS,
    VALID_UK_NINO,
    VALID_UK_DRIVER,
    VALID_UK_PLATE,
    VALID_IN_AADHAAR,
    VALID_IN_GSTIN,
    VALID_IN_PAN,
    VALID_IN_PLATE,
    VALID_KR_RRN,
    VALID_KR_FRN,
    VALID_KR_BRN,
    VALID_KR_DRIVER,
    VALID_SG_NRIC,
    VALID_SG_UEN,
    VALID_TH_ID,
    VALID_PH_TIN,
    VALID_AU_ABN,
    VALID_AU_ACN,
    VALID_AU_MEDICARE,
    VALID_AU_TFN,
    VALID_ZA_ID,
    VALID_BR_CPF,
    VALID_BR_CNPJ,
    VALID_MX_CURP,
    VALID_MX_RFC,
    VALID_BE_PERSON,
    VALID_DK_CPR,
    VALID_FR_NIR,
    VALID_NL_BSN,
    VALID_NO_PERSON,
    VALID_PL_NIP,
    VALID_CN_RESIDENT,
    VALID_JP_NUMBER,
    VALID_VIN,
    VALID_VIN_CHECKED,
    VALID_IMEI,
    VALID_AR_CUIT,
    VALID_CL_RUT,
    VALID_AT_INSURANCE,
    VALID_IE_PPS,
    VALID_PT_NIF,
    VALID_CH_AHV,
    VALID_BG_EGN,
    VALID_HR_OIB,
    VALID_CZ_BIRTH,
    VALID_RO_CNP,
    VALID_RU_SNILS,
    VALID_HK_CARD,
    VALID_TW_CARD,
    VALID_IL_ID,
    VALID_BALTIC,
    VALID_LV_PERSON,
    VALID_UA_TAXPAYER,
    VALID_RU_TAXPAYER,
    VALID_KZ_PERSON,
    VALID_JMBG,
    VALID_GR_TAXPAYER,
    VALID_GR_INSURANCE,
    VALID_HU_INSURANCE,
    VALID_HU_TAXPAYER,
    VALID_CO_NIT,
    VALID_DO_CEDULA,
    VALID_EC_CEDULA,
    VALID_PE_RUC,
    VALID_UY_CEDULA,
    VALID_IS_PERSON,
    VALID_FR_TAX,
    VALID_UK_UTR,
    VALID_AE_ID,
    VALID_IR_PERSON,
    VALID_KW_CIVIL,
    VALID_SA_ID,
    VALID_NZ_IRD,
    VALID_LU_PERSON,
    VALID_PASSPORT_ZONE,
    VALID_PL_CARD,
    VALID_NZ_HEALTH,
    VALID_CA_HEALTH,
    VALID_BR_CNS,
    VALID_MX_CLABE,
    VALID_BY_PERSON,
    VALID_ES_INSURANCE,
    VALID_UK_VAT,
    VALID_LITECOIN,
    VALID_COUNT,
};

/* validator_from - by name; false, and nothing set, for a name that is none. */
bool validator_from(struct str name, enum validator *ret_v);
struct str validator_name(enum validator v);

/* validator_hashes - does it take as long as a hash does? */
static inline bool validator_hashes(enum validator v)
{
    return v == VALID_BASE58 || v == VALID_BITCOIN || v == VALID_ETHEREUM ||
           v == VALID_LITECOIN;
}

/* validate - can value be one? VALID_NONE says yes to everything. */
bool validate(enum validator v, struct str value);

#endif
