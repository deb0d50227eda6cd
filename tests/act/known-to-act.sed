# What act 0.2.89 refuses as an unknown property: it validates workflows by a schema that is older than these two. Neither has an
# effect in act, which has no deployments and runs one workflow at a time.
/^ *queue: max #/d
/^ *deployment: false #/d
