# The command line, for a user that is not root:
#     docker build -t kerasfeat .
#     docker run --rm -v "$PWD:/data" --user "$(id -u):$(id -g)" kerasfeat describe music/
FROM python:3.12-slim AS built
COPY . /source
RUN python -m venv /opt/kerasfeat \
    && /opt/kerasfeat/bin/pip install --no-cache-dir "/source[tags,onnx,hub]"

FROM python:3.12-slim
# ffmpeg reads what libsndfile does not, such as m4a.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ffmpeg \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home kerasfeat \
    && mkdir /cache /data \
    && chmod 1777 /cache /data
COPY --from=built /opt/kerasfeat /opt/kerasfeat
ENV PATH="/opt/kerasfeat/bin:$PATH" KERASFEAT_CACHE=/cache NUMBA_CACHE_DIR=/cache/numba \
    MPLCONFIGDIR=/cache/matplotlib
USER kerasfeat
WORKDIR /data
ENTRYPOINT ["kerasfeat"]
CMD ["--help"]
