{{- /*
Parts of the expressions (CEL) of the ValidatingAdmissionPolicies.

  mofang.admission.account    name of one of our accounts as the API server knows it; needs
                              (dict "root" $ "component" "hub" "values" $.Values.hub)
  mofang.admission.isOwnSecret
                              whether a pod may use a Secret; needs (dict "root" $ "name"
                              <expression>) and the variables `labels`, `job` and
                              `dataSecrets`
  mofang.admission.source     conditions, one a line, that a PersistentVolume has the source
                              of the values; needs (dict "path" <expression> "value" <any>)
                              and the variables `directory` and `project`
  mofang.admission.nfsSource  whether a PersistentVolume is of an NFS server, and not of the
                              directories that the platform's own storage is in
  mofang.admission.metadata   head of a policy and of its binding; needs
                              (dict "root" $ "name" "pods")
  mofang.admission.binding    the binding of a policy; needs the same
*/ -}}

{{- define "mofang.admission.account" -}}
{{- $values := .values -}}
system:serviceaccount:{{ .root.Release.Namespace }}:{{ include "mofang.serviceAccount" (dict "root" .root "component" .component "values" $values) }}
{{- end -}}

{{- define "mofang.admission.isOwnSecret" -}}
("mofang.dev/server" in variables.labels &&
({{ .name }} == object.metadata.name || {{ .name }} in variables.dataSecrets)) ||
(variables.job != "" && ({{ .name }}.startsWith("mofang-secret-") ||
{{ .name }}.startsWith(variables.job + "-"))) ||
{{ .name }} in {{ toJson .root.Values.admissionPolicies.allowedSecrets }}
{{- end -}}

{{- define "mofang.admission.source" -}}
{{- $path := .path -}}
{{- if kindIs "map" .value -}}
{{- range $key, $value := .value }}
{{- $step := ternary (printf ".%s" $key) (printf "[%s]" (toJson $key)) (regexMatch "^[A-Za-z]+$" $key) }}
{{- $here := printf "%s%s" $path $step }}
{{ include "mofang.admission.source" (dict "path" $here "value" $value) | trim }}
{{- end }}
{{- else if kindIs "slice" .value -}}
{{- range $number, $value := .value }}
{{- $here := printf "%s[%d]" $path $number }}
{{ include "mofang.admission.source" (dict "path" $here "value" $value) | trim }}
{{- end }}
{{- else if kindIs "string" .value -}}
{{- $path }} == {{ toJson .value }}
{{- if contains "$(" .value -}}
.replace("$(category)", variables.directory).replace("$(project)", variables.project)
{{- end }}
{{- else -}}
{{- $path }} == {{ toJson .value }}
{{- end -}}
{{- end -}}

{{- define "mofang.admission.nfsSource" -}}
has(object.spec.nfs) && ["//", "/../"].all(p, !(object.spec.nfs.path + "/").contains(p) || object.spec.nfs.path == "/")
{{- with .Values.storage.persistentVolume.nfs }}
{{- $own := printf "%s/" (.path | splitList "$(" | first | trimSuffix "/") }}
&& !(object.spec.nfs.server == {{ toJson .server }} &&
(object.spec.nfs.path == "/" || (object.spec.nfs.path + "/").startsWith({{ toJson $own }}) ||
{{ toJson $own }}.startsWith(object.spec.nfs.path + "/")))
{{- end }}
{{- end -}}

{{- define "mofang.admission.metadata" -}}
metadata:
  name: mofang-{{ .name }}
  labels: {{- include "mofang.labels" (dict "root" .root "component" "admission") | nindent 4 }}
{{- end -}}

{{- define "mofang.admission.binding" -}}
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
{{ include "mofang.admission.metadata" . }}
spec:
  policyName: mofang-{{ .name }}
  validationActions: [Deny]
{{- end -}}
