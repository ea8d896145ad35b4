# The labeler's worker and the annotators: `docker build --file pulumi/images/worker.Dockerfile .`
FROM python:3.12-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY requirements/ requirements/
RUN pip install --no-cache-dir -r requirements/labeler.txt -r requirements/datasets.txt -r requirements/annotator.txt
COPY manage.py ./
COPY pipeline/ pipeline/
COPY labeler/ labeler/
USER 1000
CMD ["python", "manage.py", "worker"]
