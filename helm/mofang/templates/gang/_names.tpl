{{- /*
  mofang.gang.native   "yes" where pods are to join PodGroups of Kubernetes itself:
                       the setting allows them and the API server serves what they
                       need, or jobs.gang.admissionPolicy says so
  mofang.gang.launchers
                       "yes" where launchers of MPIJobs are to be let into restricted
                       namespaces by a policy: the API server serves those, or
                       jobs.gang.admissionPolicy says so
*/ -}}

{{- define "mofang.gang.native" -}}
{{- $gang := .Values.jobs.gang -}}
{{- $apis := .Capabilities.APIVersions -}}
{{- $groups := false -}}
{{- range list "v1" "v1beta1" "v1alpha3" "v1alpha2" -}}
{{- $groups = or $groups ($apis.Has (printf "scheduling.k8s.io/%s/PodGroup" .)) -}}
{{- end -}}
{{- $policies := $apis.Has "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy" -}}
{{- $wanted := or (eq $gang.policy "auto") (eq $gang.policy "native") -}}
{{- $served := or (eq $gang.admissionPolicy "always") (and $groups $policies) -}}
{{- if and $wanted $served (ne $gang.admissionPolicy "never") -}}
yes
{{- end -}}
{{- end -}}

{{- define "mofang.gang.launchers" -}}
{{- $wanted := .Values.jobs.gang.admissionPolicy -}}
{{- $kind := "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy" -}}
{{- $served := .Capabilities.APIVersions.Has $kind -}}
{{- if and (ne $wanted "never") (or $served (eq $wanted "always")) -}}
yes
{{- end -}}
{{- end -}}
