"""Mastodon's addresses: OAuth without a slash at the end, a login form, then kepi's own."""
from django.contrib.auth import views as auth_views
from django.urls import include, path
import oauth2_provider.views as oauth

# Mastodon's OAuth addresses have no slash at the end.
oauth_urls = [
    path("authorize", oauth.AuthorizationView.as_view(), name="authorize"),
    path("token", oauth.TokenView.as_view(), name="token"),
    path("revoke", oauth.RevokeTokenView.as_view(), name="revoke-token"),
]
urlpatterns = [
    path("accounts/login/", auth_views.LoginView.as_view(template_name="login.html"), name="login"),
    path("oauth/", include((oauth_urls, "oauth2_provider"), namespace="oauth2_provider")),
    path("", include("kepi.busby_1st.urls")),
    path("", include("kepi.bowler_pub.urls")),
    path("", include("kepi.trilby_api.urls")),
]
