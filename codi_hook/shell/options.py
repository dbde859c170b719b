"""Which options of which command take a value. Data; package managers have theirs beside them.

Only what takes a *separate* word matters here: ``--opt=value`` needs no knowledge.
"""

from __future__ import annotations

_CURL = (
    "-A -b -c -C -d -D -e -E -F -h -H -K -m -o -P -Q -r -T -t -u -U -w -x -X -y -Y -z --cacert "
    "--capath --cert --cert-type --ciphers --config --connect-timeout --connect-to --continue-at "
    "--cookie --cookie-jar --data --data-ascii --data-binary --data-raw --data-urlencode "
    "--dump-header --form --form-string --ftp-port --header --interface --key --key-type "
    "--limit-rate --max-filesize --max-redirs --max-time --noproxy --output --output-dir --pass "
    "--pinnedpubkey --proto --proto-default --proto-redir --proxy --proxy-user --quote --range "
    "--referer --request --resolve --retry --retry-delay --retry-max-time --socks5 "
    "--socks5-hostname --speed-limit --speed-time --stderr --time-cond --tls-max --trace "
    "--trace-ascii --unix-socket --upload-file --url --user --user-agent --write-out"
)
_WGET = (
    "-a -A -B -D -e -g -G -h -i -I -l -o -O -P -Q -R -t -T -U -w -X --accept --append-output "
    "--base --body-data --body-file --ca-certificate --ca-directory --certificate "
    "--connect-timeout --cut-dirs --directory-prefix --dns-timeout --domains --execute "
    "--exclude-directories --header --http-password --http-user --include-directories "
    "--input-file --level --limit-rate --load-cookies --max-redirect --method --output-document "
    "--output-file --password --post-data --post-file --private-key --progress --quota "
    "--read-timeout --referer --reject --save-cookies --secure-protocol --timeout --tries --user "
    "--user-agent --wait --waitretry"
)
_TAR = (
    "-b -C -f -F -g -H -I -K -L -N -T -V -X --add-file --blocking-factor --directory --exclude "
    "--exclude-from --file --files-from --format --group --mode --mtime --owner --strip-components "
    "--transform --use-compress-program --xattrs-include"
)
_USERADD = (
    "-b -c -d -e -f -g -G -k -K -p -P -R -s -u -Z --badname --base-dir --comment --expiredate "
    "--gid --groups --home --home-dir --inactive --key --password --prefix --root --selinux-user "
    "--shell --skel --uid"
)

VALUES: dict[str, str] = {
    "add-apt-repository": "-k -m -s -c -t --keyserver --component --sourceslist --uri",
    "addgroup": "-g --gid",
    "adduser": "-h -g -s -G -u -k --home --gecos --shell --ingroup --uid --gid --conf --comment "
    "--firstuid --lastuid --home-dir",
    "apt-key": "--keyring --keyserver --recv-keys --keyserver-options",
    "awk": "-f -F -v --assign --field-separator --file",
    "cat": "",
    "chgrp": "--reference --from",
    "chmod": "--reference",
    "chown": "--reference --from",
    "cp": "-S -t --suffix --target-directory",
    "curl": _CURL,
    "cut": "-b -c -d -f --bytes --characters --delimiter --fields --output-delimiter",
    "docker-php-ext-install": "-j",
    "dpkg": "--root --admindir --instdir --path-exclude --path-include -D",
    "find": "-name -iname -path -ipath -type -maxdepth -mindepth -mtime -newer -perm -size -user "
    "-group -regex -iregex -regextype -lname -uid -gid -links -inum -printf -amin -cmin -mmin "
    "-atime -ctime -fstype -wholename",
    "gcc": "-o -I -L -l -D -x -include -isystem -T -u -z",
    "git": "-b -c -C -j -m -o -u --branch --depth --git-dir --jobs --message --origin --reference "
    "--separate-git-dir --shallow-since --template --upload-pack --work-tree",
    "gpg": "-o -r -u --homedir --keyring --keyserver --keyserver-options "
    "--output --recipient --local-user --passphrase --pinentry-mode --trust-model --status-fd "
    "--secret-keyring --primary-keyring",
    "gpg2": "--homedir --keyring --keyserver --keyserver-options --output",
    "grep": "-A -B -C -d -D -e -f -m --after-context --before-context --context --file --max-count "
    "--regexp",
    "groupadd": "-g -K -p -P -R -U --gid --key --password --prefix --root --users",
    "head": "-n -c --lines --bytes",
    "install": "-g -m -o -S -t --group --mode --owner --suffix --target-directory",
    "java": "-cp -classpath --class-path -jar -p --module-path --add-modules",
    "ln": "-S -t --suffix --target-directory",
    "make": "-C -f -I -j -l -o -W --directory --file --include-dir --makefile --old-file",
    "mkdir": "-m --mode",
    "mktemp": "-p --suffix",
    "mv": "-S -t --suffix --target-directory",
    "node": "-e -p -r --eval --print --require --import",
    "openssl": "-in -out -keyout -days -newkey -subj -config -key -CA -CAkey -extensions -passout "
    "-passin -rand",
    "patch": "-B -d -D -F -g -i -o -p -r -V -z --directory --input --strip",
    "perl": "-e -E -I",
    "php": "-c -d -f -r -B -R -F -E -S -t -z --run --file --define",
    "psql": "-c -d -f -h -L -o -p -U -v --command --dbname --file --host --port --username",
    "python": "-c -m -W -X",
    "rpm": "-r --root --dbpath --define --prefix --queryformat --qf",
    "ruby": "-C -e -I -r",
    "set": "-o",
    "sh": "-o -c",
    "sed": "-e -f -l --expression --file --line-length",
    "sort": "-k -o -S -t -T --key --output --field-separator",
    "ssh-keygen": "-b -C -f -N -P -t",
    "ssh-keyscan": "-f -p -T -t",
    "tail": "-n -c -s --lines --bytes --pid",
    "tar": _TAR,
    "touch": "-d -r -t --date --reference",
    "unzip": "-d -x -P",
    "update-alternatives": "--altdir --admindir --log",
    "update-rc.d": "",
    "useradd": _USERADD,
    "usermod": "-c -d -e -f -g -G -l -p -R -s -u --comment --gid --groups --home --login "
    "--password --shell --uid",
    "wget": _WGET,
    "xargs": "-a -d -E -I -L -n -P -s --arg-file --delimiter --max-args --max-procs",
}

for _name, _like in (
    ("python2", "python"),
    ("python3", "python"),
    ("g++", "gcc"),
    ("cc", "gcc"),
    ("gsed", "sed"),
    ("gawk", "awk"),
    ("egrep", "grep"),
    ("fgrep", "grep"),
    ("bsdtar", "tar"),
    ("gmake", "make"),
    ("bash", "sh"),
    ("ash", "sh"),
    ("dash", "sh"),
    ("nodejs", "node"),
):
    VALUES[_name] = VALUES[_like]

# Commands whose long options have one dash (``find -name x``, ``go build -ldflags …``).
SINGLE_DASH = frozenset({"find", "go", "java", "openssl", "gradle", "gradlew", "mvn", "mvnw"})

# Commands whose first word may be a cluster of letters without a dash (``tar xzf file``).
BARE_CLUSTER = frozenset({"tar", "bsdtar", "ar"})

# Options of one dash that take two letters of a cluster (``wget -nv``, ``wget -qnc``).
TWO_LETTERS = {"wget": frozenset({"nv", "nc", "nd", "nH", "np"})}
