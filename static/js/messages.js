// What went wrong with a request, said in #messages, which is announced; it stays until the next one.
const WORDS = {
  403: "You may not do this. Ask an administrator for the role or the grant.",
  404: "It does not exist any more, or it is not yours to see.",
  409: "Somebody else changed this in the meantime. Look again before you decide.",
};

const announce = (text, retry) => {
  const alert = document.createElement("div");
  alert.className = "alert alert-danger";
  const body = document.createElement("div");
  body.className = "alert-body";
  body.textContent = text;
  alert.append(body);
  if (retry) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm";
    button.textContent = "Try again";
    button.addEventListener("click", () => { alert.remove(); retry(); });
    alert.append(button);
  }
  document.getElementById("messages").replaceChildren(alert);
};

// The server's own sentence, if it sent one instead of a page.
const sentence = (xhr) =>
  (xhr.getResponseHeader("Content-Type") || "").startsWith("text/plain") ? xhr.responseText : WORDS[xhr.status];

const again = ({ elt, target, requestConfig }) => () => {
  if (requestConfig.verb === "get") htmx.ajax("GET", requestConfig.path, { source: elt, target });
  else elt.closest("form")?.requestSubmit();
};

// Why a security key gave no answer, by the name of the browser's error.
const KEY_WORDS = {
  InvalidStateError: "This security key is set up for your account already.",
  NotSupportedError: "This browser and this security key do not fit together.",
  SecurityError: "The browser allows security keys only where the site is reached by its name and over https.",
};

document.addEventListener("allauth.error", ({ detail }) =>
  announce(KEY_WORDS[detail.exception.name] || "No security key answered that fits. Try again, or choose another way."));
document.addEventListener("htmx:responseError", ({ detail }) => {
  if (detail.xhr.status >= 500) announce("Something went wrong here. Nothing was changed.", again(detail));
  else announce(sentence(detail.xhr) || "This is not possible.");
});
document.addEventListener("htmx:sendError", ({ detail }) => announce("The site cannot be reached.", again(detail)));
document.addEventListener("htmx:timeout", ({ detail }) => announce("The site takes too long to answer.", again(detail)));
