#ifndef SP_DETECT_IDS_H
#define SP_DETECT_IDS_H

#include "base/str.h"

/*
 * Numbers that states and other bodies give to people and firms: can it be one?
 * Each takes the number with or without the separators that are usual for it,
 * letters in any case. Behind each stands who defines the check.
 */

/* --- The Americas (ids_america.c). */

bool id_us_itin(struct str s);   /* IRS: 9nn-nn-nnnn, group 50-65 70-88 90-92
                                    94-99; no check digit */
bool id_us_npi(struct str s);    /* CMS, 45 CFR 162.406: Luhn behind 80840 */
bool id_us_dea(struct str s);    /* DEA, 21 CFR 1301: d1+d3+d5+2(d2+d4+d6) */
bool id_us_mbi(struct str s);    /* CMS, MBI format: no check digit */
bool id_ca_health(struct str s); /* BC Health: mod 11 */
bool id_ca_sin(struct str s);    /* Service Canada: Luhn, not 0 or 8 first */

/* --- Latin America (ids_latin.c). */

bool id_br_cpf(struct str s); /* Receita Federal, IN 1548/2015: two of mod 11 */
bool id_br_cnpj(struct str s); /* Receita Federal, IN 2229/2024: the same, from
                                  2026 with letters */
bool id_mx_curp(struct str s); /* SEGOB, DOF 18/10/2021: date, state, mod 10 */
bool id_mx_rfc(struct str s);  /* SAT, CFF art. 29-A: date, mod 11 */

bool id_br_cns(struct str s);   /* DATASUS: weights 15-1, mod 11 */
bool id_mx_clabe(struct str s); /* ABM: weights 3-7-1, mod 10 */

bool id_ar_cuit(struct str s); /* ARCA, RG 10/97: kind, mod 11 */
bool id_cl_rut(struct str s);  /* Registro Civil, DS 18 of 1973: mod 11, K */

bool id_co_nit(struct str s);    /* DIAN, Orden 4 of 1989: mod 11 */
bool id_do_cedula(struct str s); /* JCE: Luhn */
bool id_ec_cedula(struct str s); /* Registro Civil: province, Luhn */
bool id_pe_ruc(struct str s);    /* SUNAT: mod 11 */
bool id_uy_cedula(struct str s); /* DNIC: mod 10 */

/* --- North and west of Europe (ids_north.c). */

bool id_be_person(struct str s); /* AR 3/4/1984: date, mod 97 */
bool id_dk_cpr(struct str s);    /* CPR-kontoret: date; no check since 2007 */
bool id_fr_nir(struct str s);    /* INSEE, decree 82-103: mod 97, 2A and 2B */
bool id_nl_bsn(struct str s);    /* RvIG, Besluit BSN: the eleven test */
bool id_no_person(struct str s); /* Skatteetaten: date, two of mod 11 */

bool id_at_insurance(struct str s); /* ASVG § 30c: date, mod 11 */
bool id_ie_pps(struct str s);       /* Revenue, SI 65/2013: mod 23 */
bool id_pt_nif(struct str s);       /* DL 14/2013: mod 11 */
bool id_ch_ahv(struct str s);       /* AHVV Art. 133: 756, EAN-13 */

bool id_lu_person(struct str s); /* CTIE: date, Luhn, Verhoeff */
bool id_is_person(struct str s); /* Þjóðskrá: date, mod 11 */
bool id_fr_tax(struct str s);    /* DGFiP, numéro SPI: mod 511 */
bool id_uk_utr(struct str s);    /* HMRC: mod 11, the first digit */

/* --- East of Europe (ids_east.c). */

bool id_bg_egn(struct str s);   /* GRAO, Naredba RD-02-20-9: date, mod 11 */
bool id_hr_oib(struct str s);   /* NN 60/2008: ISO 7064 mod 11,10 */
bool id_cz_birth(struct str s); /* 133/2000 Sb. § 13: date, mod 11 */
bool id_ro_cnp(struct str s);   /* HG 64/2011: date, county, mod 11 */
bool id_ru_snils(struct str s); /* PFR, decree 1133 of 2019: mod 101 */

bool id_baltic(struct str s);       /* EVS 585, LT Įstatymas I-2237: mod 11 */
bool id_lv_person(struct str s);    /* PMLP: date, mod 11 */
bool id_ua_taxpayer(struct str s);  /* DPS, order 822 of 2017: mod 11 */
bool id_ru_taxpayer(struct str s);  /* FNS, order ED-7-14/559: mod 11 */
bool id_kz_person(struct str s);    /* Decree 853 of 2003: date, mod 11 */
bool id_jmbg(struct str s);         /* SFRJ 58/76: date, mod 11 */
bool id_gr_taxpayer(struct str s);  /* AADE: mod 11 */
bool id_gr_insurance(struct str s); /* IDIKA: date, Luhn */
bool id_hu_insurance(struct str s); /* 1996 XX., annex: mod 10 */
bool id_hu_taxpayer(struct str s);  /* the same: mod 11 */
bool id_by_person(struct str s);    /* MVD, decree 604 of 2012: 7-3-1, mod 10 */

/* --- Other parts of Europe (ids_europe.c). */

bool id_de_tax(struct str s);       /* BZSt, § 139b AO: ISO 7064 mod 11,10 */
bool id_de_vat(struct str s);       /* DE and 9 digits, mod 11,10: as used;
                                       BZSt publishes no check */
bool id_de_card(struct str s);      /* BMI: ICAO 7-3-1, letters of identity
                                       cards and passports */
bool id_de_passport(struct str s);  /* the same; authority C F G H J K */
bool id_de_health(struct str s);    /* GKV, § 290 SGB V, annex 1 */
bool id_de_pension(struct str s);   /* VKVV § 2, § 147 SGB VI */
bool id_de_doctor(struct str s);    /* KBV, LANR: weights 4-9, digit 7 */
bool id_de_practice(struct str s);  /* KBV, BSNR: region; no check digit */
bool id_es_nif(struct str s);       /* Interior, RD 1553/2005: mod 23 */
bool id_es_insurance(struct str s); /* TGSS: mod 97 */
bool id_es_nie(struct str s);       /* the same, X Y Z = 0 1 2 */
bool id_fi_hetu(struct str s);      /* DVV: date, mod 31 */
bool id_it_fiscal(struct str s);    /* DM 23/12/1976: table, mod 26 */
bool id_it_vat(struct str s);       /* Agenzia delle Entrate: Luhn, office */
bool id_pl_card(struct str s);      /* MSWiA: 7-3-1, mod 10 */
bool id_pl_pesel(struct str s);     /* MSWiA: date, weights 1-3-7-9 */
bool id_pl_nip(struct str s);       /* MF, Dz.U. 1995 nr 142: mod 11 */
bool id_se_person(struct str s);    /* Skatteverket, SKV 704: date, Luhn */
bool id_se_organisation(struct str s); /* Skatteverket, SKV 709: Luhn */
bool id_tr_id(struct str s);           /* NVI: two check digits */
bool id_uk_nhs(struct str s);          /* NHS Data Dictionary: mod 11 */
bool id_uk_nino(struct str s);         /* HMRC, NIM39110: prefixes; no check */
bool id_uk_driver(struct str s);       /* DVLA, INF45: date; no public check */
bool id_uk_vat(struct str s);          /* HMRC: mod 97, also with 55 */
bool id_uk_plate(struct str s);        /* DVLA, INF104: age and area code */

/* --- Asia, Africa, Oceania (ids_asia.c). */

bool id_cn_resident(struct str s); /* GB 11643-1999: date, mod 11-2 */
bool id_jp_number(struct str s);   /* MIC, ordinance 85 of 2014, 5: mod 11 */
bool id_hk_card(struct str s);     /* Immigration Department: mod 11 */
bool id_tw_card(struct str s);     /* MOI: place, mod 10 */
bool id_il_id(struct str s);       /* PIBA: Luhn */
bool id_ae_id(struct str s);       /* ICP: year, Luhn */
bool id_ir_person(struct str s);   /* Sabte Ahval: mod 11 */
bool id_kw_civil(struct str s);    /* PACI: date, mod 11 */
bool id_sa_id(struct str s);       /* MOI: Luhn */
bool id_nz_health(struct str s);   /* HISO 10046: mod 11 */
bool id_nz_ird(struct str s);      /* Inland Revenue, RWT spec: mod 11 */
bool id_in_aadhaar(struct str s);  /* UIDAI: Verhoeff, first digit 2-9 */
bool id_in_gstin(struct str s);    /* GSTN: state, PAN, mod 36 */
bool id_in_pan(struct str s);      /* Income Tax Department: fourth letter */
bool id_in_plate(struct str s);    /* MoRTH: state code */
bool id_kr_rrn(struct str s);      /* MOIS, RRA rules: date, sex, mod 11 (those
                                      of before October 2020) */
bool id_kr_frn(struct str s);      /* MOJ: the same for foreigners */
bool id_kr_brn(struct str s);      /* NTS: weights 1-3-7, the ninth 5 */
bool id_kr_driver(struct str s);   /* KNPA: region 11-28; no public check */
bool id_sg_nric(struct str s);     /* ICA: weights 2-7-6-5-4-3-2, letters */
bool id_sg_uen(struct str s);      /* ACRA: three forms, letters */
bool id_th_id(struct str s);       /* BORA: weights 13-2, mod 11 */
bool id_ph_tin(struct str s);      /* BIR: weights 9-2, mod 11 */
bool id_au_abn(struct str s);      /* ABR: mod 89 */
bool id_au_acn(struct str s);      /* ASIC: weights 8-1, mod 10 */
bool id_au_medicare(struct str s); /* Services Australia: 1-3-7-9, digit 9 */
bool id_au_tfn(struct str s);      /* ATO: mod 11 */
bool id_za_id(struct str s);       /* DHA: date, citizenship, Luhn */

/* --- Things that tell of their owner (ids_things.c). */

bool id_vin(struct str s);         /* ISO 3779: letters, the last four digits */
bool id_vin_checked(struct str s); /* 49 CFR 565.15: mod 11 at the ninth */
bool id_imei(struct str s);        /* 3GPP TS 23.003, annex B: Luhn */
bool id_passport_zone(struct str s); /* ICAO Doc 9303-4: three checks */

#endif
