"""OpenSSH in replicas: for mpirun between those of a job, and for a person's sessions.

Pods of users have no rights in Kubernetes, so mpirun reaches the workers by SSH
instead of by exec: every worker runs an sshd of its own as the plain user, and lets
nobody in but the launcher of this attempt.
"""
