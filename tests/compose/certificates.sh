# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# certificates.sh - the certificates of tests/compose/secure: wrong ones, those that are renewed, and those of a CA of
# somebody's own.
# shellcheck disable=SC2317 # check calls the functions

# ---- wrong ones ----------------------------------------------------------------------------

# put_certificate SERVER KIND: into its volume, and the server starts anew with it.
put_certificate() {
    docker run --rm -i --network none -v "${PROJECT}_authority:/certificates/authority" \
        -v "${PROJECT}_tls-$1:/server" --tmpfs /tmp --entrypoint /bin/sh "orderspine/tools:$ORDERSPINE_VERSION" \
        -eus "$1" "$2" >"$WORK/certificate.log" 2>&1 <<'END' || { cat "$WORK/certificate.log" && return 1; }
        name=$1 ca=/certificates/authority/ca when='-days 1'
        case $2 in
        other-ca)
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /tmp/ca.key \
                -out /tmp/ca.pem -subj '/CN=orderspine demo CA' -days 1
            ca=/tmp/ca
            ;;
        other-name) name=elsewhere ;;
        expired) when='-not_before 20200101000000Z -not_after 20200201000000Z' ;;
        esac
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /tmp/key -out /tmp/csr -subj "/CN=$name"
        echo "subjectAltName=DNS:$name,DNS:$name.example,IP:127.0.0.$([ "$name" = elsewhere ] && echo 2 || echo 1)" >/tmp/extensions
        openssl x509 -req -in /tmp/csr -CA $ca.pem -CAkey $ca.key $when -extfile /tmp/extensions -out /tmp/pem
        cat /tmp/key >/server/server.key
        cat /tmp/pem >/server/server.pem
        cat /tmp/key /tmp/pem >/server/both.pem
END
    compose restart "$1" >/dev/null 2>&1
    wait_until "$READY_LIMIT" server_listens "$1"
}

# Whatever its certificate: Redis's health check would not believe it either.
server_listens() {
    local -A port=([postgres]=5432 [kafka]=9094 [redis]=6379 [proxy]=8443)
    compose exec -T "$1" bash -c "exec 3<>/dev/tcp/127.0.0.1/${port[$1]}" >/dev/null 2>&1
}

OTHER_CA='its certificate is not of a CA that is trusted here'
OTHER_NAME='its certificate is not for the name by which it was reached'
EXPIRED='its certificate has expired'

# wrong_certificates SERVER SERVICE URL [WORDS]: the last where they are others for another name.
wrong_certificates() {
    local -A words=([other-ca]=$OTHER_CA [other-name]=${4:-$OTHER_NAME} [expired]=$EXPIRED)
    local kind check=$1
    [ "$1" != postgres ] || check=postgresql # to the doctor
    for kind in other-ca other-name expired; do
        need "$1 gets a certificate: $kind" put_certificate "$1" $kind
        check "$2's doctor refuses it and says why" refuses "$check" "${words[$kind]}" "$2"
        check "so does the service that runs" wait_until 60 readyz_says "$3" "$1" "${words[$kind]}"
    done
    need "$1 gets the right one again" put_certificate "$1" right
}

# In curl's words, as these are a client's to say.
wrong_certificates_of_the_proxy() {
    local -A words=([other-ca]='SSL certificate problem' [other-name]='no alternative certificate subject name matches'
        [expired]='certificate has expired')
    local kind
    for kind in other-ca other-name expired; do
        need "proxy gets a certificate: $kind" put_certificate proxy $kind
        check "curl refuses it and says why" curl_says "${words[$kind]}"
    done
    need "proxy gets the right one again" put_certificate proxy right
}

curl_says() { # TEXT
    local told
    ! told=$(curl -sS -m 10 --cacert "$WORK/ca.pem" "$COMMAND_URL/healthz" 2>&1) && contains "$told" "$1"
}

# ---- the next ones -------------------------------------------------------------------------

# Those of put_certificate end tomorrow.
lasts() { # SERVER
    in_volume "$1" openssl x509 -in /look/server.pem -noout -checkend $((300 * 86400)) >/dev/null
}

# in_volume SERVER COMMAND…: with its certificates at /look.
in_volume() {
    docker run --rm --network none -v "${PROJECT}_tls-$1:/look:ro" --entrypoint "$2" \
        "orderspine/tools:$ORDERSPINE_VERSION" "${@:3}"
}

renewed() { # as deploy/README.md has it
    local name
    compose run --rm -T certificates >"$WORK/renewed.log" 2>&1 || { cat "$WORK/renewed.log" && return 1; }
    compose restart "${WITH_TLS[@]}" >/dev/null 2>&1
    for name in "${WITH_TLS[@]}"; do
        lasts "$name" || { note "$name's ends within 300 days" && return 1; }
    done
}

# made_for HOST BIND TEXT: by the script alone, with nothing there yet.
made_for() {
    contains "$(docker run --rm --network none --tmpfs /tmp -e "HOST=$1" -e "BIND=$2" --entrypoint /bin/sh \
        "orderspine/tools:$ORDERSPINE_VERSION" -euc 'certificates
            openssl x509 -in /certificates/proxy/server.pem -noout -ext subjectAltName' 2>&1)" "$3"
}

# A CA of somebody's own, with one below it that makes the servers' certificates.
make_own() {
    local name
    mkdir -p "$WORK/own"
    (
        cd "$WORK/own" || exit
        openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key -out ca.pem -subj '/CN=Our CA' -days 10
        for name in below postgres kafka redis proxy; do
            openssl req -newkey rsa:2048 -nodes -keyout "$name.key" -out "$name.csr" -subj "/CN=$name"
            case $name in
            below) printf 'basicConstraints=critical,CA:TRUE\n' >ext && set -- ca root ;;
            proxy) printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >ext && set -- below below ;;
            *) printf 'subjectAltName=DNS:%s\n' "$name" >ext && set -- below below ;;
            esac
            openssl x509 -req -in "$name.csr" -CA "$1.pem" -CAkey "$2.key" -days 5 -extfile ext -out "$name.pem"
            [ "$name" = below ] || cat below.pem >>"$name.pem"
            openssl rsa -traditional -in "$name.key" -out "$name.old" && mv "$name.old" "$name.key"
        done
        chmod a+rX . ./*.key ./*.pem
    ) >"$WORK/own.log" 2>&1 || { tail -n 3 "$WORK/own.log" && return 1; }
}

make_for_clients() {
    printf 'subjectAltName=DNS:redis\nextendedKeyUsage=clientAuth\n' >ext
    openssl x509 -req -in redis.csr -CA below.pem -CAkey below.key -days 5 -extfile ext -out redis.pem 2>/dev/null
    cat below.pem >>redis.pem
    chmod a+r redis.pem
}

# does_not_take TEXT: it says why, and the servers keep what they have.
does_not_take() {
    local told before
    before=$(in_volume kafka sha256sum /look/both.pem)
    ! told=$(compose run --rm -T certificates 2>&1) && contains "$told" "$1" &&
        equals "$(in_volume kafka sha256sum /look/both.pem)" "$before"
}

takes_own() {
    compose run --rm -T certificates && compose restart "${WITH_TLS[@]}" relay-svc projector-svc command-svc
}

certificates_of_ones_own() {
    export ORDERSPINE_CERTIFICATES=$WORK/own
    need "somebody has certificates of a CA of his own" make_own
    mv "$WORK/own/redis.key" "$WORK/own/kept"
    check "without a key they are not taken" does_not_take 'redis.key is missing in ORDERSPINE_CERTIFICATES'
    (umask 022 && cp "$WORK/own/kafka.key" "$WORK/own/redis.key")
    check "nor with one of another" does_not_take 'redis.key is not the key of redis.pem'
    mv "$WORK/own/kept" "$WORK/own/redis.key"
    mv "$WORK/own/ca.pem" "$WORK/own/kept" && (umask 022 && cp "$WORK/own/below.pem" "$WORK/own/ca.pem")
    check "nor with a CA they are not of" does_not_take 'postgres.pem would not be believed: unable to get issuer certificate'
    mv "$WORK/own/kept" "$WORK/own/ca.pem"
    (cd "$WORK/own" && mv redis.pem kept && cp kafka.pem redis.pem && mv redis.key kept.key && cp kafka.key redis.key)
    check "nor with one for another name" does_not_take 'redis.pem is not for the name redis'
    (cd "$WORK/own" && mv kept redis.pem && mv kept.key redis.key)
    (cd "$WORK/own" && mv ca.pem kept && cat kept root.key >ca.pem && chmod a+r ca.pem)
    check "nor with the CA's key among what all may read" does_not_take 'ca.pem holds a private key'
    (cd "$WORK/own" && mv kept ca.pem && mv proxy.pem kept && { cat kept && sed 's/^M/N/; 2d' below.pem; } >proxy.pem)
    check "nor with one behind it that is damaged" does_not_take 'proxy.pem holds a damaged certificate'
    (cd "$WORK/own" && mv kept proxy.pem && mv redis.pem kept && make_for_clients)
    check "nor with one that is for clients" does_not_take 'redis.pem would not be believed: unsuitable certificate purpose'
    (cd "$WORK/own" && mv kept redis.pem)
    check "they are taken" quietly takes_own
    check "all of it is healthy with them" wait_until "$READY_LIMIT" all_healthy
    check "clients are told whom to believe" quietly load_ca
    check "which is that CA" equals "$(cat "$WORK/ca.pem")" "$(cat "$WORK/own/ca.pem")"
    unset ORDERSPINE_CERTIFICATES
    check "a call that forgets the folder takes nothing back" quietly compose run --rm -T certificates
    check "nothing is" equals "$(in_volume proxy cat /look/ca.pem)" "$(cat "$WORK/own/ca.pem")"
    check "an order is read by them" wait_until 60 order_is_seen
    check "relay-svc's doctor finds all well by them" is_well relay-svc
    check "projector-svc's, too" is_well projector-svc
}

quietly() { "$@" >"$WORK/quiet.log" 2>&1 || { tail -n 5 "$WORK/quiet.log" && return 1; }; }
