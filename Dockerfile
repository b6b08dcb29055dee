# Serves the app as an unprivileged user:
#   docker build -t covidweb .
#   docker run --rm --read-only --tmpfs /tmp -p 8501:8501 covidweb
FROM python:3.12-slim

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

WORKDIR /src
COPY requirements.txt constraints.txt ./
RUN pip install -c constraints.txt -r requirements.txt
COPY . .
RUN pip install -c constraints.txt . && rm -rf /src/*

RUN useradd --system --uid 10001 --no-create-home covidweb
USER covidweb
# All that is written at run time: caches of libraries, in memory with --tmpfs /tmp.
ENV HOME=/tmp KERAS_HOME=/tmp/keras COVIDWEB_DATA=/data COVIDWEB_RUNS=/tmp/runs
WORKDIR /tmp

EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/healthz', timeout=4)"]
CMD ["covidweb", "serve", "--address", "0.0.0.0"]
