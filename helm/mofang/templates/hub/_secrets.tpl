{{- /*
The Secret with the hub's keys: the chart's own, or that of hub.existingSecret.

  mofang.secretKeys    its keys that the hub reads as files, as a YAML list
  mofang.keptSecret    what the chart's own Secret holds in the cluster, as YAML
  mofang.cookieSecret  its cookie-secret: the kept one, or a new one, the same in all
                       templates of a rendering
  mofang.secretsDigest changes with the values that hold passwords, so that the hub starts
                       anew. Whoever reads Deployments could try passwords on a plain
                       digest, so it has the cookie secret in it, which nobody can guess.
                       With hub.existingSecret no value holds any.
  mofang.checkSecrets  refuses values that would be read by nobody, and passwords where
                       everybody could read them

  mofang.hubServices   services beside Mofang's own, by name, without their tokens
  mofang.hubRoles      roles beside Mofang's own, by name
*/ -}}

{{- define "mofang.keptSecret" -}}
{{- (lookup "v1" "Secret" .Release.Namespace (include "mofang.hubSecret" .)).data | default dict | toYaml -}}
{{- end -}}

{{- define "mofang.cookieSecret" -}}
{{- $kept := include "mofang.keptSecret" . | fromYaml -}}
{{- if not (hasKey .Values "madeCookieSecret") -}}
{{- $new := randBytes 32 | b64dec | printf "%x" | b64enc -}}
{{- $_ := set .Values "madeCookieSecret" (index $kept "cookie-secret" | default $new) -}}
{{- end -}}
{{- .Values.madeCookieSecret -}}
{{- end -}}

{{- define "mofang.secretsDigest" -}}
{{- $read := list .Values.auth .Values.hub.db .Values.hub.services (include "mofang.extension" .) -}}
{{- if .Values.hub.existingSecret -}}
{{- printf "%s %s" .Values.hub.existingSecret (include "mofang.extension" .) | sha256sum -}}
{{- else -}}
{{- $key := include "mofang.cookieSecret" . -}}
{{- printf "%s%s%s" $key (toJson $read) $key | sha256sum -}}
{{- end -}}
{{- end -}}

{{- define "mofang.secretKeys" -}}
{{- $keys := list "cookie-secret" "training-token" -}}
{{- if eq .Values.auth.method "shared-password" -}}
{{- $keys = concat $keys (list "user-password" "admin-password") -}}
{{- else if or .Values.auth.oauth.clientSecret .Values.hub.existingSecret -}}
{{- $keys = append $keys "oauth-client-secret" -}}
{{- end -}}
{{- if eq .Values.hub.db.type "url" -}}
{{- $keys = append $keys "db-url" -}}
{{- end -}}
{{- range $name, $_ := include "mofang.hubServices" . | fromYaml -}}
{{- $keys = append $keys (printf "%s-token" $name) -}}
{{- end -}}
{{- toYaml $keys -}}
{{- end -}}

{{- define "mofang.checkSecrets" -}}
{{- $db := .Values.hub.db -}}
{{- if and (eq $db.type "sqlite") (or $db.url $db.password) -}}
{{- fail "hub.db.url and hub.db.password are not read where hub.db.type is sqlite: set it to postgres, or to url." -}}
{{- end -}}
{{- if eq $db.type "postgres" -}}
{{- if not (regexMatch "^postgres(ql)?([+]psycopg)?://" $db.url) -}}
{{- fail "hub.db.type is postgres: name the server in hub.db.url, such as postgresql://mofang@postgres.example.org:5432/mofang, and its password in hub.db.password or, as db-password, in the Secret of hub.existingSecret." -}}
{{- end -}}
{{- if regexMatch "(://[^/@]*:[^/@]*@|[?&]password=)" $db.url -}}
{{- fail "hub.db.url holds a password, and a ConfigMap would show it: put the password into hub.db.password." -}}
{{- end -}}
{{- end -}}
{{- if and (eq $db.type "url") (not $db.url) (not .Values.hub.existingSecret) -}}
{{- fail "hub.db.type is url: name SQLAlchemy's URL in hub.db.url or, as db-url, in the Secret of hub.existingSecret." -}}
{{- end -}}
{{- range $name, $_ := .Values.hub.services -}}
{{- if eq $name "training" -}}
{{- fail "hub.services.training has the name of Mofang's training service: give yours another." -}}
{{- end -}}
{{- end -}}
{{- with .Values.hub.existingSecret -}}
{{- $unread := dict
    "auth.sharedPassword.userPassword" (list $.Values.auth.sharedPassword.userPassword "user-password")
    "auth.sharedPassword.adminPassword" (list $.Values.auth.sharedPassword.adminPassword "admin-password")
    "auth.oauth.clientSecret" (list $.Values.auth.oauth.clientSecret "oauth-client-secret")
    "hub.db.password" (list $db.password "db-password") -}}
{{- if eq $db.type "url" -}}
{{- $_ := set $unread "hub.db.url" (list $db.url "db-url") -}}
{{- end -}}
{{- range $name, $service := $.Values.hub.services -}}
{{- $_ := set $unread (printf "hub.services.%s.apiToken" $name) (list $service.apiToken (printf "%s-token" $name)) -}}
{{- end -}}
{{- range $value, $given := $unread -}}
{{- if first $given -}}
{{- fail (printf "%s is not read, since hub.existingSecret names the Secret %s: put it there, as %s." $value $.Values.hub.existingSecret (last $given)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "mofang.hubServices" -}}
{{- $services := dict -}}
{{- if .Values.metrics.serviceMonitor.enabled -}}
{{- $_ := set $services "prometheus" (dict "display" false) -}}
{{- end -}}
{{- range $name, $service := .Values.hub.services -}}
{{- $_ := set $services $name (omit $service "apiToken") -}}
{{- end -}}
{{- toYaml $services -}}
{{- end -}}

{{- define "mofang.hubRoles" -}}
{{- $roles := deepCopy .Values.hub.loadRoles -}}
{{- if and .Values.metrics.serviceMonitor.enabled (not (hasKey $roles "prometheus")) -}}
{{- $_ := set $roles "prometheus" (dict "scopes" (list "read:metrics") "services" (list "prometheus")) -}}
{{- end -}}
{{- toYaml $roles -}}
{{- end -}}

{{/* True where the hub itself tells of idle servers by the Secret of notices. */}}
{{- define "mofang.hubNotices" -}}
{{- $wanted := .Values.culling.notices -}}
{{- if and .Values.jobs.notices.existingSecret (or $wanted.mail $wanted.webhooks) -}}
true
{{- end -}}
{{- end -}}
