{{- /*
Blocks of the platform's own pods, each of which has a section in the values: `hub`,
`training`, `reconciler` and `static`. All but the first two need
(dict "root" $ "component" "hub" "values" $.Values.hub).

  mofang.podSecurity     the pod's half of Pod Security "restricted"
  mofang.security        the container's half of it
  mofang.podLabels       labels of the pods: the component's, then the administrator's
  mofang.podSpec         what a pod's spec has beside containers and volumes; with
                         "isWithoutToken" true, none of the account's tokens is mounted
  mofang.placement       on which nodes it may run, and how important it is
  mofang.extraEnv        the administrator's variables; needs the value alone
  mofang.probes          those of a container; needs "path" and "port" besides
  mofang.auditMount      where hub and training service write the audit log; needs $
  mofang.auditVolume     a claim for nothing else; without one, that of the storage, of which
                         a directory is mounted that no volume of a project holds; needs $
  mofang.serviceAccount  name of the component's ServiceAccount
*/ -}}

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

{{- define "mofang.serviceAccount" -}}
{{- $account := .values.serviceAccount -}}
{{- if and (not $account.create) (not $account.name) -}}
{{- fail (printf "%s.serviceAccount.create is false: name the account that exists in %s.serviceAccount.name." .component .component) -}}
{{- end -}}
{{- $account.name | default (include "mofang.name" (dict "root" .root "name" .component)) -}}
{{- end -}}

{{- define "mofang.auditMount" -}}
{{- if .Values.audit.enabled }}
{{- if .Values.audit.existingClaim }}
- {name: audit, mountPath: /srv/mofang/audit}
{{- else }}
- {name: audit, mountPath: /srv/mofang/audit, subPath: audit}
{{- end }}
{{- end }}
{{- end -}}

{{- define "mofang.auditVolume" -}}
{{- if .Values.audit.enabled }}
{{- $storage := include "mofang.own" (dict "root" . "name" "storage-root") }}
- {name: audit, persistentVolumeClaim: {claimName: {{ .Values.audit.existingClaim | default $storage }}}}
{{- end }}
{{- end -}}

{{- define "mofang.podLabels" -}}
{{- $own := include "mofang.labels" . | fromYaml -}}
{{- toYaml (merge $own .values.labels) -}}
{{- end -}}

{{- define "mofang.podSpec" -}}
serviceAccountName: {{ include "mofang.serviceAccount" . }}
automountServiceAccountToken: {{ not .isWithoutToken }}
enableServiceLinks: false
securityContext: {{- include "mofang.podSecurity" . | nindent 2 }}
{{- include "mofang.placement" . }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.initContainers }}
initContainers: {{- toYaml . | nindent 2 }}
{{- end }}
{{- range $key, $_ := .values.extraPodSpec }}
{{- if has $key (list "containers" "initContainers" "volumes" "serviceAccountName" "automountServiceAccountToken" "enableServiceLinks" "securityContext" "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" "priorityClassName" "imagePullSecrets") }}
{{- fail (printf "%s.extraPodSpec.%s is set by the chart already: use the value of its own, such as %s.tolerations, %s.affinity or %s.extraVolumes." $.component $key $.component $.component $.component) }}
{{- end }}
{{- end }}
{{- with .values.extraPodSpec }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "mofang.placement" -}}
{{- $all := .root.Values.scheduling.corePods -}}
{{- with merge (deepCopy .values.nodeSelector) $all.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with concat $all.tolerations .values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity | default $all.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with concat $all.topologySpreadConstraints .values.topologySpreadConstraints }}
topologySpreadConstraints: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.priorityClassName | default $all.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{- define "mofang.extraEnv" -}}
{{- if kindIs "slice" . }}
{{- toYaml . }}
{{- else }}
{{- $variables := list -}}
{{- range $name, $value := . }}
{{- if kindIs "map" $value }}
{{- $variables = append $variables (merge (dict "name" $name) $value) }}
{{- else }}
{{- $variables = append $variables (dict "name" $name "value" $value) }}
{{- end }}
{{- end }}
{{- toYaml $variables }}
{{- end }}
{{- end -}}

{{- define "mofang.probes" -}}
{{- range $name := list "startupProbe" "livenessProbe" "readinessProbe" }}
{{- $probe := index $.values $name }}
{{- if and $probe $probe.enabled }}
{{ $name }}:
  httpGet: {path: {{ $.path }}, port: {{ $.port }}}
  {{- toYaml (omit $probe "enabled") | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}
