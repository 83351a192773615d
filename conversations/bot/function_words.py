"""The commonest function words of ten languages, to tell languages apart from the first day."""

from collections.abc import Mapping
from typing import Final

FUNCTION_WORDS: Final[Mapping[str, str]] = {
    "en": """the of and to a in is it you that he was for on are with as i his they be at one have
        this from or had by but what some we can out other were all there when up your how said an
        each she which do their if will way about many then them would like so these her him has
        more could no my than been who now did get am hello hi thanks thank please yes not where why
        want need don't can't does okay good morning help me""",
    "es": """de la que el en y a los se del las un por con no una su para es al lo como más o pero
        sus le ha me si sin sobre este ya entre cuando todo esta ser son dos también fue había era
        muy años hasta desde está mi porque qué sólo han yo hay vez puede todos así nos ni parte
        tiene él uno donde bien hola gracias favor sí cómo cuándo dónde quiero necesito puedo tengo
        buenos días cuál cuánto ayuda usted estoy""",
    "fr": """de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce
        il sont la avec son cette ont été mais comme nous vous on je tu ma mon mes votre vos elle
        leur aux ou où si tout sans peut même deux fait être avoir bien aussi très bonjour salut
        merci oui non quel quelle quand comment pourquoi combien veux besoin puis-je est-ce s'il
        plaît j'ai c'est suis avez aide""",
    "de": """der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch
        es an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen so
        zum war haben nur oder aber vor zur bis mehr durch man sein wurde wenn können ich du wir ihr
        mein meine mir mich was wann wo warum wer kann möchte brauche hallo danke bitte ja nein
        guten tag gibt hilfe habe""",
    "ar": """في من على أن إلى التي هذا هذه ما عن مع كان الذي لا هو هي كل بعد قبل بين أو ثم قد لم لن
        إذا كما لكن عند حتى غير بعض أي أنا أنت نحن هم كيف متى أين لماذا هل كم ماذا أريد أحتاج يمكن
        يمكنني لدي عندي مرحبا شكرا نعم فضلك السلام عليكم صباح الخير مساعدة ليس كانت و ب ل يوم اليوم
        لي معك ذلك تلك هناك""",
    "it": """di e il la che in a per un è del non con una i sono le si da come al anche più dei lo
        ma ha nel alla su o se gli mi ho questo questa ci dal molto quando dove chi cosa perché
        quanto quale tutti essere fare io tu lui lei noi voi loro mio mia suo sua ciao grazie
        buongiorno favore sì no posso vorrei voglio bisogno aiuto come c'è sto hai può delle degli
        nella ai""",
    "pt": """de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao
        ele das tem à seu sua ou ser quando muito há nos já está eu também só pelo pela até isso ela
        entre era depois sem mesmo aos ter seus quem nas me esse eles estão você tinha foram essa
        num nem meu minha olá oi obrigado obrigada sim onde quero preciso posso bom dia qual quanto
        ajuda tenho""",
    "nl": """de en het van een in is dat op te zijn met voor niet aan er om ook als dan maar bij nog
        naar heeft ze die wordt door over uit tot je ik hij we wij jullie mijn jouw zijn haar ons
        onze wat wanneer waar waarom hoe wie kan kunnen moet wil willen graag nodig heb hebben geen
        meer veel deze dit hallo hoi bedankt dank alsjeblieft ja nee goedemorgen hulp welke hoeveel
        was worden u uw""",
    "tr": """ve bir bu da de için ile ne çok daha gibi en kadar sonra olarak var yok mi mı mu mü ben
        sen o biz siz onlar benim senin onun bana sana beni seni ama veya ya ki değil her şey olan
        nasıl neden nerede zaman kim hangi kaç istiyorum lazım gerek merhaba selam teşekkürler
        teşekkür ederim lütfen evet hayır günaydın iyi günler yardım olur misiniz mısınız musunuz
        edebilir şimdi bugün yarın""",
    "pl": """i w na z do to że się nie jest o jak po co tak za od ale czy dla są już tylko przez być
        może był była ma jego jej ich ten ta te tego tej który która które gdzie kiedy dlaczego kto
        ile ja ty on ona my wy oni mój moja twój mnie mi cię ci mam masz chcę potrzebuję mogę proszę
        dziękuję cześć dzień dobry tak nie pomoc jaki jaka jakie bardzo też gdy lub oraz przed pod
        przy bez""",
}
"""Language code to its words, blank-separated; our own text, written down from general use."""
