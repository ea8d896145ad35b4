# The scraper with its browser: `docker build --file pulumi/images/scraper.Dockerfile .`
FROM python:3.12-slim-bookworm
RUN apt-get update \
 && apt-get install --yes --no-install-recommends chromium fonts-noto-core \
 && rm -rf /var/lib/apt/lists/*
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 CHROMIUM_PATH=/usr/bin/chromium
WORKDIR /app
COPY requirements/ requirements/
RUN pip install --no-cache-dir -r requirements/scraper.txt
COPY pipeline/ pipeline/
COPY scraper/ scraper/
USER 1000
CMD ["python", "-m", "scraper", "--help"]
