"""Labels of the button by which Meta's own marketing templates are ended.

Meta puts the quick reply "Stop promotions" under marketing templates, in the template's language;
the payload of the reply is the label. Its page "Template components" shows the English one, and no
list of all languages.
"""

from typing import Final

SEEN_LABELS: Final = (
    "Stop promotions",
    "Parar promoções",
    "Detener promociones",
    "Interrompi promozioni",
)
"""In English, Portuguese, Spanish and Italian: as approved templates of Meta's catalogue have them,
in what `GET /{waba_id}/message_templates` answers and in webhooks that others have published."""

TRANSLATED_LABELS: Final = (
    "Arrêter les promotions",
    "Arrêter les promos",
    "Werbung stoppen",
    "Werbeaktionen stoppen",
    "Werbeaktionen beenden",
    "Promoties stoppen",
    "Promoties stopzetten",
    "Detener promoción",
    "Parar promoção",
    "Hentikan promosi",
    "Berhenti promosi",
    "Promosyonları durdur",  # noqa: RUF001  # Turkish
    "Остановить рекламу",
    "Остановить промоакции",
    "Zatrzymaj promocje",
    "إيقاف العروض الترويجية",
    "إيقاف العروض",
    "הפסקת מבצעים",
    "प्रमोशन रोकें",
    "प्रमोशन बंद करें",
    "پروموشنز روکیں",
    "প্রচার বন্ধ করুন",
    "ప్రమోషన్లను ఆపండి",
    "விளம்பரங்களை நிறுத்து",
    "जाहिराती थांबवा",
    "પ્રમોશન બંધ કરો",
    "停止促销",
    "停止促銷",
    "プロモーションを停止",
    "프로모션 중지",
    "Ngừng khuyến mãi",
    "หยุดโปรโมชัน",
)
"""Our translations, which may differ from Meta's: each says nothing but to stop promotions. What is
missing is for a store's `opt_out_words`."""

BUTTON_LABELS: Final = (*SEEN_LABELS, *TRANSLATED_LABELS)
