{{- /*
Names and blocks that several templates use.

  mofang.image        the full reference of an image, by its name in `images`
  mofang.labels       labels of every object; needs (dict "root" $ "component" name)
  mofang.selector     labels that select the pods of a component
  mofang.podSecurity  the pod's half of Pod Security "restricted"
  mofang.security     the container's half of it
  mofang.placement    where the platform's own pods may run

One installation per cluster: the custom resources and the namespaces made from
them are cluster-wide, so names are plain and carry no release name.
*/ -}}

{{- define "mofang.image" -}}
{{- $image := index .root.Values.images .name -}}
{{- if not $image -}}
{{- fail (printf "There is no image %q in the values' images map." .name) -}}
{{- end -}}
{{- if not $image.tag -}}
{{- fail (printf "images.%s.tag is empty: name the tag that was built." .name) -}}
{{- end -}}
{{- $image.repository }}:{{ $image.tag }}
{{- end -}}

{{- define "mofang.selector" -}}
app.kubernetes.io/name: mofang
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "mofang.labels" -}}
{{ include "mofang.selector" . }}
app.kubernetes.io/part-of: mofang
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end -}}

{{- define "mofang.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "mofang.security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "mofang.placement" -}}
{{- with .Values.nodePlacement.platform.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodePlacement.platform.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
