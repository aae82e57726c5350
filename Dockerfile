# One image for the API and the worker; docker-compose.yml says which of them it runs.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app

COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock

COPY pyproject.toml README.md LICENSE ./
COPY bootstrap.py clock.py settings.py worker.py ./
COPY activities activities
COPY api api
COPY cli cli
COPY domain domain
COPY ingest ingest
COPY operations operations
COPY outbound_http outbound_http
COPY pages pages
COPY partners partners
COPY sandbox sandbox
COPY storage storage
COPY temporal temporal
COPY whatsapp whatsapp
COPY workflows workflows
RUN pip install --no-deps --no-build-isolation . \
  && python -m compileall -q . \
  && useradd --system --no-create-home comeback

USER comeback
EXPOSE 8000
CMD ["python", "-m", "api", "--host", "0.0.0.0", "--port", "8000"]
