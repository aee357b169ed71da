# The worker, and the whole command line: `docker run keyturn --help`. How to run it: docs/production.md.

FROM node:24.21.0-trixie AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN node scripts/build.js

FROM node:24.21.0-trixie AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The engine's core comes for five platforms: one is enough.
RUN npm ci --omit=dev --omit=peer --ignore-scripts --no-audit --no-fund \
  && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} +
RUN install -d -m 700 -o 1000 -g 1000 /home-of-keyturn

FROM node:24.21.0-trixie-slim
LABEL org.opencontainers.image.title="Keyturn" org.opencontainers.image.licenses="Apache-2.0"
# Temporal's core trusts what the system trusts; the slim image trusts nobody.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=dependencies --chown=1000:1000 /home-of-keyturn /var/lib/keyturn
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
COPY bin ./bin
ENV NODE_ENV=production \
  KEYTURN_HOME=/var/lib/keyturn \
  KEYTURN_CATALOG=/etc/keyturn/keyturn.yaml \
  KEYTURN_HEALTH=9233
# Nothing is written anywhere else: the root file system may be read-only.
VOLUME /var/lib/keyturn
USER 1000:1000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 CMD ["node", "/app/bin/keyturn.js", "worker", "--health"]
ENTRYPOINT ["node", "/app/bin/keyturn.js"]
CMD ["worker"]
