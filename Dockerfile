# The three services of the product from one image; PostgreSQL and Redis are separate (compose.yaml).
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 CDV_STATE_DIR=/var/lib/cdv CDV_MEDIA=/var/lib/cdv/media

RUN useradd --system --uid 10001 --home-dir /var/lib/cdv --create-home cdv
WORKDIR /app
COPY requirements.txt .
RUN pip install --require-hashes -r requirements.txt
COPY . .

USER cdv
VOLUME /var/lib/cdv
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "cdv_site.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "4", "--no-control-socket", "--logger-class", "cdv_site.logs.GunicornLogger"]
