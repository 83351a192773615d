# One image for every role: web (default), task worker, timetable.
FROM python:3.12-slim AS packages
WORKDIR /site
COPY requirements/ requirements/
RUN python requirements/install.py

FROM python:3.12-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR_DIR=/var/lib/chatbot PATH=/site/.venv/bin:$PATH
RUN useradd --system --home-dir /var/lib/chatbot --create-home chatbot
WORKDIR /site
COPY --from=packages /site/.venv .venv
COPY . .
# Collecting needs no secrets: the checks that ask for keys run when the site starts.
RUN python -m compileall -q . \
 && python manage.py compile_translations \
 && python manage.py collectstatic --no-input --skip-checks -v 0 \
 && chown -R chatbot /var/lib/chatbot
USER chatbot
EXPOSE 8000
VOLUME /var/lib/chatbot/media
CMD ["python", "manage.py", "serve", "--host", "0.0.0.0"]
