{{- /*
Names and labels.

  mofang.name         name of a namespaced object, such as the Deployment `hub`; needs
                      (dict "root" $ "name" "hub"). With fullnameOverride: x-hub
  mofang.own          name of a namespaced object that says whose it is, such as the
                      Secret `mofang-hub`. With fullnameOverride: x-hub
  mofang.hubSecret    the Secret with the hub's keys: hub.existingSecret or the chart's
  mofang.host         DNS name of a Service in this namespace; needs name
  mofang.image        the full reference of an image, by its name in `images`
  mofang.labels       labels of every object; needs (dict "root" $ "component" name)
  mofang.selector     labels that select the pods of a component; needs the same

One installation per cluster: the custom resources and the namespaces made from
them are cluster-wide. Cluster-wide objects are called mofang-* in any case.
*/ -}}

{{- define "mofang.name" -}}
{{- with .root.Values.fullnameOverride }}{{ . }}-{{ end }}{{ .name }}
{{- end -}}

{{- define "mofang.own" -}}
{{- .root.Values.fullnameOverride | default "mofang" }}-{{ .name }}
{{- end -}}

{{- define "mofang.gatewayName" -}}
{{- .Values.fullnameOverride | default "mofang" }}
{{- end -}}

{{- define "mofang.hubSecret" -}}
{{- .Values.hub.existingSecret | default (include "mofang.own" (dict "root" . "name" "hub")) }}
{{- end -}}

{{- define "mofang.host" -}}
{{- include "mofang.name" . }}.{{ .root.Release.Namespace }}.svc
{{- end -}}

{{- define "mofang.image" -}}
{{- $image := index .root.Values.images .name | default dict -}}
{{- if not $image.tag -}}
{{- fail (printf "images.%s.tag is empty: name the tag that was built." .name) -}}
{{- end -}}
{{- $image.repository | default (printf "docker.io/mofang/%s" .name) }}:{{ $image.tag }}{{ with $image.digest }}@{{ . }}{{ end }}
{{- end -}}

{{- define "mofang.selector" -}}
app.kubernetes.io/name: {{ .root.Values.nameOverride | default "mofang" }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "mofang.labels" -}}
{{ include "mofang.selector" . }}
app.kubernetes.io/part-of: mofang
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end -}}
