# The service from the wheel in dist/ (make release-check, or: pip wheel --no-deps -w dist .)
#
#   docker build -t uniadgen . && docker run --rm -p 8000:8000 -v "$PWD/pictures:/media:ro" uniadgen
#
# TORCH is pip's arguments for torch, so that its build is yours to choose (docs/install.md): --build-arg TORCH="torch --index-url URL"
FROM python:3.12-slim

ARG TORCH="torch"
COPY dist/*.whl /tmp/wheels/
RUN pip install --no-cache-dir ${TORCH} \
 && wheel="$(ls /tmp/wheels/uniadgen-*.whl)" \
 && pip install --no-cache-dir "${wheel}[serve,provenance,data,typeset]" \
 && rm -r /tmp/wheels \
 && useradd --create-home --uid 10001 uniadgen \
 && mkdir -p /media /store && chown uniadgen /store

USER uniadgen
WORKDIR /home/uniadgen
VOLUME /store
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
ENTRYPOINT ["uniadgen", "serve", "--host", "0.0.0.0", "--media-root", "/media", "--media-store", "/store"]
