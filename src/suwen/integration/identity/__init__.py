"""Who somebody is by the hospital's own sign-in: OpenID Connect and LDAP or Active Directory."""
