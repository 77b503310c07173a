"""Services: accounts of other systems, and their tokens. Changes ask for the password again."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from governance import services
from governance.people_forms import ServiceForm, TokenForm
from governance.views.people import manages_people, person_page
from profiles import tokens
from profiles.models import ServiceToken, User
from profiles.rendering import render_page


@manages_people
@require_http_methods(["GET", "POST"])
@reauthentication_required(allow_get=True)
def new_service(request: HttpRequest) -> HttpResponse:
    """Make an account for another system."""
    form = ServiceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        account = services.make(by=request.user, **form.cleaned_data)
        messages.success(request, "The account is made. Grant it sources on their pages, and issue a token here.")
        return redirect("governance:person", pk=account.pk)
    context = {"form": form, "crumbs": [("People", reverse("governance:people"))]}
    status = 422 if form.is_bound else 200
    return render_page(request, "governance/new_service.html", "governance/new_service.html", context, status)


@manages_people
@require_POST
@reauthentication_required
def issue_token(request: HttpRequest, pk: int) -> HttpResponse:
    """Issue a token. It is shown in this answer and never again."""
    account, form = get_object_or_404(User, pk=pk), TokenForm(request.POST, prefix="token")
    if not form.is_valid():
        return person_page(request, account, 422, token_form=form)
    try:
        made = tokens.issue(account=account, by=request.user, now=timezone.now(), **form.cleaned_data)
    except tokens.TokenNotAllowed as refused:
        messages.error(request, str(refused))
        return redirect("governance:person", pk=pk)
    context = {"issued": made, "crumbs": [("People", reverse("governance:people"))]}
    return render_page(request, "governance/issued_token.html", "governance/issued_token.html", context)


@manages_people
@require_POST
@reauthentication_required
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """End a token at once."""
    token = get_object_or_404(ServiceToken, pk=pk)
    try:
        tokens.revoke(token=token, by=request.user, now=timezone.now())
        messages.success(request, "The token is revoked: whoever shows it is refused from now on.")
    except tokens.TokenNotAllowed as refused:
        messages.error(request, str(refused))
    return redirect("governance:person", pk=token.account_id)
