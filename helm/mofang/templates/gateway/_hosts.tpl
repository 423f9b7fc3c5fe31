{{- /*
Hosts, by their role. Lists are rendered as YAML.

  mofang.publicHost    the name in publicUrl; empty where it has none
  mofang.hostPerUser   "true" where each user's servers are on a host of their own
  mofang.hubHosts      where the hub and its services answer
  mofang.redirectHosts what the gateway redirects to publicUrl
  mofang.allHosts      all that the Gateway accepts
  mofang.probeUrl      where the hub reaches the gateway
*/ -}}

{{- define "mofang.publicHost" -}}
{{- with .Values.publicUrl }}{{ (urlParse .).hostname }}{{ end -}}
{{- end -}}

{{- define "mofang.hostPerUser" -}}
{{- $host := include "mofang.publicHost" . -}}
{{- $is_name := and $host (ne $host "localhost") (not (regexMatch "^[0-9.]+$|:" $host)) -}}
{{- $is_one := and $is_name (not .Values.acceptSharedOrigin) -}}
{{- if and (eq .Values.auth.method "oauth") (not $is_one) (not .Values.acceptSharedOrigin) -}}
{{- fail "Log-in by oauth needs a host per user: without one, any user's server can act in the hub as whoever opens its page. Set publicUrl to a name (such as https://mofang.example.org) whose subdomains lead to the gateway as well, or accept that by acceptSharedOrigin: true." -}}
{{- end -}}
{{- if $is_one }}true{{ end -}}
{{- end -}}

{{- define "mofang.hubHosts" -}}
{{- $host := include "mofang.publicHost" . -}}
{{- ternary (list $host) (list "*") (ne $host "") | toYaml -}}
{{- end -}}

{{- define "mofang.redirectHosts" -}}
{{- $hosts := list -}}
{{- if include "mofang.publicHost" . -}}
{{- $hosts = .Values.gateway.redirectHosts -}}
{{- end -}}
{{- $hosts | toYaml -}}
{{- end -}}

{{- define "mofang.allHosts" -}}
{{- $redirected := include "mofang.redirectHosts" . | fromYamlArray -}}
{{- if has "*" $redirected -}}
{{- list "*" | toYaml -}}
{{- else -}}
{{- $hosts := include "mofang.hubHosts" . | fromYamlArray -}}
{{- if include "mofang.hostPerUser" . -}}
{{- $hosts = append $hosts (printf "*.%s" (include "mofang.publicHost" .)) -}}
{{- end -}}
{{- concat $hosts $redirected | toYaml -}}
{{- end -}}
{{- end -}}

{{- define "mofang.probeUrl" -}}
{{- $tls := .Values.gateway.tls -}}
{{- $scheme := ternary "https" "http" (and (ne $tls.secretName "") $tls.redirect) -}}
{{- .Values.gateway.probeUrl | default (printf "%s://istio-ingressgateway.%s.svc.%s" $scheme .Values.gateway.namespace .Values.clusterDomain) -}}
{{- end -}}
